// For `node --import`: lets Node run TypeScript. tap's own plugin for it uses the compiler of TypeScript, which takes 2.5 s
// more for each test file.
import { register } from 'node:module'

// Node 24 and later remove the types by themselves. Node 22 does too, but has no `using`.
if (Number.parseInt(process.versions.node) < 24) register('./typescript-loader.mjs', import.meta.url)
