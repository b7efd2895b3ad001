import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { buildSync } from 'esbuild'
import { test } from 'tap'

const limits: Array<[what: string, file: string, bytes: number]> = [
  ['the client', 'client.ts', 2048],
  ['the element with the client', 'element.ts', 4096]
]
for (const [what, file, bytes] of limits) {
  test(`${what} is no more than ${bytes} bytes, minified and gzipped`, async (t) => {
    const entry = fileURLToPath(new URL(`../../lib/client/${file}`, import.meta.url))
    const { outputFiles: [module] } = buildSync({ entryPoints: [entry], bundle: true, minify: true, format: 'esm', target: 'es2022', write: false })
    const { length } = gzipSync(module?.contents ?? '', { level: 9 })
    t.comment(`${length} bytes`)
    t.ok(length > 1000 && length <= bytes, `${length} bytes`)
  })
}
