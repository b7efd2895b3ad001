import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'

/** A file of lib/client with all that it imports, minified, as `npm run build:client` makes it. */
export function bundle (file: string): Uint8Array {
  const { outputFiles: [module] } = buildSync({
    entryPoints: [fileURLToPath(new URL(`../../lib/client/${file}`, import.meta.url))],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    define: { SERVED: 'true' },
    write: false
  })
  if (module === undefined) throw new Error('nothing was built')
  return module.contents
}
