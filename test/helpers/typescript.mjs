// For `node --import`: lets Node run TypeScript. tap's own plugin for it uses the compiler of TypeScript, which takes 2.5 s
// more for each test file.
import { register } from 'node:module'

// Newer versions of Node remove the types by themselves.
if (!process.features.typescript) register('./typescript-loader.mjs', import.meta.url)
