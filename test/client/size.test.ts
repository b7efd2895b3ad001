import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { bundle } from '../helpers/bundle.ts'

const limits: Array<[what: string, file: string, bytes: number]> = [
  ['the client', 'client.ts', 2864],
  ['the element with the client', 'element.ts', 4976]
]
for (const [what, file, bytes] of limits) {
  test(`${what} has at most ${bytes} bytes, minified and gzipped`, async (t) => {
    const { length } = gzipSync(bundle(file), { level: 9 })
    t.comment(`${length} bytes`)
    t.ok(length > 1000 && length <= bytes, `${length} bytes`)
  })
}
