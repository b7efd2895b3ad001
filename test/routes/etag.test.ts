import { test } from 'tap'
import { matches } from '../../lib/routes/etag.ts'

const rows: Array<[header: string | undefined, isMatch: boolean]> = [
  [undefined, false],
  ['', false],
  ['"v1"', true],
  ['W/"v1"', true],
  ['*', true],
  [' "v1" ', true],
  ['"v0", "v1"', true],
  ['"v0",W/"v1","v2"', true],
  ['"v0", "v2"', false],
  ['v1', false],
  ['"v1', false],
  ['"v11"', false],
  ['w/"v1"', false],
  ['"*"', false],
  [',,', false]
]

for (const [header, isMatch] of rows) {
  test(`If-None-Match: ${header}`, async (t) => { t.equal(matches(header, '"v1"'), isMatch) })
}
