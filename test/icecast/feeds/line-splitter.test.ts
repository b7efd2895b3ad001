import fc from 'fast-check'
import { test } from 'tap'
import { lineSplitter } from '../../../lib/icecast/feeds/line-splitter.ts'

/** The lines of a feed that came in these pieces. */
function split (pieces: Iterable<Buffer | string>, limit = 1024): string[] {
  const lines: string[] = []
  const push = lineSplitter(limit, (line) => lines.push(line))
  for (const piece of pieces) push(typeof piece === 'string' ? Buffer.from(piece) : piece)
  return lines
}

const cases: [what: string, pieces: (Buffer | string)[], lines: string[]][] = [
  ['lines ended by LF and CRLF', ['a\nb\r\n\nc\n'], ['a', 'b', '', 'c']],
  ['nothing of a line without an end', ['a\nb'], ['a']],
  ['a line in pieces', ['ab', '', 'c', 'd\ne', '\n'], ['abcd', 'e']],
  ['CR and LF apart', ['a\r', '\nb\n'], ['a', 'b']],
  ['a lone CR inside a line', ['a\rb\n'], ['a\rb']],
  ['a letter in pieces', [Buffer.from('é').subarray(0, 1), Buffer.from('é\n').subarray(1)], ['é']],
  ['bytes that are no UTF-8', [Buffer.from([0x61, 0xe9, 0x62, 0x0a])], ['a\ufffdb']]
]

test('gives each line', (t) => {
  for (const [what, pieces, lines] of cases) t.same(split(pieces), lines, what)
  t.end()
})

test('of a line that is too long, gives the beginning and passes over the rest', (t) => {
  t.same(split(['x'.repeat(8) + '\nb\n'], 8), ['x'.repeat(8), 'b'], 'as long as may be')
  t.same(split(['x'.repeat(9) + '\nb\n'], 8), ['x'.repeat(8), 'b'], 'one byte longer')
  t.same(split(['x'.repeat(5), 'y'.repeat(50), 'z'.repeat(50), '\nb\n'], 8), ['xxxxxyyy', 'b'], 'in pieces')
  t.same(split(['x'.repeat(9)], 8), ['x'.repeat(8)], 'before its end has come')
  t.end()
})

test('gives the same lines whatever the pieces', (t) => {
  fc.assert(fc.property(
    fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r\n', 'é€🎵', 'x'.repeat(40)))),
    fc.array(fc.nat(20)),
    (texts, sizes) => {
      const bytes = Buffer.from(texts.join(''))
      t.same(split(chop(bytes, sizes), 32), split([bytes], 32))
    }
  ))
  t.end()
})

test('an endless line takes neither memory nor time', (t) => {
  const piece = Buffer.alloc(64 * 1024, 'x')
  const before = process.memoryUsage().arrayBuffers
  t.same(split(Array<Buffer>(3000).fill(piece)), ['x'.repeat(1024)], '200 MB')
  t.ok(process.memoryUsage().arrayBuffers - before < 1024 * 1024)
  t.same(split(Array<string>(200_000).fill('y')), ['y'.repeat(1024)], 'byte by byte')
  t.end()
})

/** Pieces of these sizes; what is left over is one more. */
function * chop (bytes: Buffer, sizes: number[]): Generator<Buffer> {
  let from = 0
  for (const size of sizes) {
    yield bytes.subarray(from, from + size)
    from += size
  }
  yield bytes.subarray(from)
}
