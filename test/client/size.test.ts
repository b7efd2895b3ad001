import { gzipSync } from 'node:zlib'
import { test } from 'tap'
import { bundle } from '../helpers/bundle.ts'

// In bytes (1 KiB is 1,024): what is reached, rounded up to a multiple of 16. The goals are 2,304 (2.25 KiB) and 5,120 (5 KiB).
// The element exceeds its goal by the progress bar and the next song, with their labels in four languages.
const limits: Array<[what: string, file: string, bytes: number]> = [
  ['the client', 'client.ts', 3104],
  ['the element with the client', 'element.ts', 5504]
]
for (const [what, file, bytes] of limits) {
  test(`${what} has at most ${bytes} bytes, minified and gzipped`, async (t) => {
    const { length } = gzipSync(bundle(file), { level: 9 })
    t.comment(`${length} bytes`)
    t.ok(length > 1000 && length <= bytes, `${length} bytes`)
  })
}
