import fc from 'fast-check'
import { test } from 'tap'
import type { StreamMetadata } from '../../../lib/icecast/streams/stream-reader.ts'
import { chop, read, recording } from './read.ts'

const webm = { 'content-type': 'audio/webm' }

/** An element; without a size where `content` is null. */
function element (id: string, content: Buffer | string | null): Buffer {
  if (content === null) return Buffer.from(`${id}01ffffffffffffff`, 'hex')
  const size = Buffer.alloc(4)
  size.writeUInt32BE(0x10000000 + Buffer.byteLength(content))
  return Buffer.concat([Buffer.from(id, 'hex'), size, Buffer.from(content)])
}

const begin = Buffer.concat([element('1a45dfa3', Buffer.alloc(30)), element('18538067', null), element('ec', Buffer.alloc(100))])
const cluster = Buffer.concat([element('1f43b675', null), Buffer.alloc(500, 0x80)])
const info = (title: string): Buffer => element('1549a966', Buffer.concat([element('2ad7b1', 'x'), element('7ba9', title)]))
const tag = (name: string, value: string | Buffer): Buffer => element('7373', Buffer.concat([
  element('63c0', ''), element('67c8', Buffer.concat([element('45a3', name), element('447a', 'und'), element('4487', value)]))
]))
const tags = (...all: Buffer[]): Buffer => element('1254c367', Buffer.concat(all))

function said (...parts: Buffer[]): StreamMetadata[] {
  return read(webm, [Buffer.concat([begin, ...parts, cluster])])
}

const cases: [what: string, parts: Buffer[], expected: StreamMetadata][] = [
  ['a title', [info('T')], { artist: null, title: 'T', tags: null }],
  ['tags', [info('T'), tags(tag('ARTIST', 'A'), tag('ARTIST', 'B'), tag('ALBUM', 'C'))], { artist: 'A & B', title: 'T', tags: { album: 'C' } }],
  ['a title among tags', [tags(tag('TITLE', 'T'))], { artist: null, title: 'T', tags: null }],
  ['encoders and durations', [tags(tag('ENCODER', 'x'), tag('DURATION', '1'))], { artist: null, title: null, tags: null }],
  ['a text with padding', [info('T\0\0')], { artist: null, title: 'T', tags: null }],
  ['an empty tag', [tags(tag('ALBUM', ''), tag('DATE', '1995'))], { artist: null, title: null, tags: { date: '1995' } }],
  ['long texts', [info('x'.repeat(5000)), tags(tag('n'.repeat(100), 'x'), tag('COMMENT', 'y'.repeat(9000)))],
    { artist: null, title: 'x'.repeat(4096), tags: { comment: 'y'.repeat(2048) } }],
  ['pictures', [element('1941a469', Buffer.alloc(100_000, 0x7b)), info('T')], { artist: null, title: 'T', tags: null }],
  ['nothing', [], { artist: null, title: null, tags: null }]
]

for (const [what, parts, expected] of cases) {
  test(`the tags of WebM are read: ${what}`, (t) => {
    t.same(said(...parts), [expected])
    t.end()
  })
}

test('nothing is read after the first audio', (t) => {
  t.same(said(info('T'), cluster, info('U')).length, 1)
  t.end()
})

test('what is no WebM has no title', (t) => {
  t.same(read(webm, [Buffer.alloc(10_000)]), [], 'an id without an end')
  t.same(read(webm, [Buffer.concat([Buffer.from('ec00', 'hex'), cluster])]), [], 'a length without an end')
  t.same(read(webm, [Buffer.concat([element('ec', null), info('T'), cluster])]), [], 'an element without an end')
  t.same(said(Buffer.concat(new Array<Buffer>(10_001).fill(element('ec', '')))), [], 'too many elements')
  t.end()
})

test('the same tags of WebM are reported whatever the chunks', (t) => {
  const stream = Buffer.concat([begin, info('Title'), tags(tag('ARTIST', 'Björk'), tag('ALBUM', 'Post')), cluster])
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }), (sizes) => {
    t.same(read(webm, chop(stream, sizes)), [{ artist: 'Björk', title: 'Title', tags: { album: 'Post' } }])
  }), { numRuns: 100 })
  t.end()
})

test('any bytes are read as WebM without an error', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(300), (bytes, at) => {
    const stream = Buffer.concat([begin, info('Title'), tags(tag('ARTIST', 'Björk')), cluster])
    read(webm, [Buffer.concat([stream.subarray(0, at), bytes, stream.subarray(at)])])
  }), { numRuns: 500 })
  t.end()
})

test('a recorded stream of ffmpeg is read: WebM', (t) => {
  const { headers, body } = recording('ffmpeg-webm')
  for (const size of [1, 100, 1e6]) t.same(read(headers, chop(body, [size])), [{ artist: 'Nina Simone', title: 'Feeling Good', tags: { album: 'Pastel Blues' } }])
  t.end()
})
