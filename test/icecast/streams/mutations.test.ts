import fc from 'fast-check'
import { test } from 'tap'
import { chop, read, recording } from './read.ts'

// `npm run fuzz` does the same with a million pieces.

for (const [name, length] of [['liquidsoap-opus', 5000], ['liquidsoap-vorbis', 6000], ['liquidsoap-flac', 6000], ['interval-1000', 4000]] as const) {
  test(`a stream with wrong bytes is read without an error: ${name}`, (t) => {
    const { headers, body } = recording(name)
    const start = body.subarray(0, length)
    const change = fc.record({ at: fc.nat(length - 1), bytes: fc.uint8Array({ maxLength: 8 }), left: fc.nat(300) })
    fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), fc.array(fc.integer({ min: 1, max: 2000 }), { minLength: 1 }), (changes, sizes) => {
      let stream = start
      for (const { at, bytes, left } of changes) stream = Buffer.concat([stream.subarray(0, at), bytes, stream.subarray(at + left)])
      for (const { artist, title, tags } of read(headers, chop(Buffer.concat([stream, body]), sizes))) {
        t.ok(artist === null || typeof artist === 'string')
        t.ok(title === null || title.length <= 4096)
        t.ok(tags === null || Object.keys(tags).length <= 32)
      }
    }), { numRuns: 50 })
    t.end()
  })
}
