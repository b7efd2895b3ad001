import fc from 'fast-check'
import { test } from 'tap'
import { createOggReader } from '../../../lib/icecast/streams/ogg-reader.ts'
import type { StreamMetadata } from '../../../lib/icecast/streams/stream-reader.ts'
import { commentBlock, flacBlock, headers, link, page, Pages, type Codec, type Comments } from './ogg-encoder.ts'
import { chop, ogg, read, recording } from './read.ts'

const codecs: Codec[] = ['opus', 'vorbis', 'flac', 'speex']
const song: Comments = [['TITLE', 'Hyperballad'], ['ARTIST', 'Björk'], ['ALBUM', 'Post'], ['encoder', 'Lavc59']]
const played: StreamMetadata = { artist: 'Björk', title: 'Hyperballad', tags: { album: 'Post' } }
const audio = Buffer.from(new Array(2000).fill('Ogg').join('S'))

/** What a stream of these parts says. */
function said (...parts: Buffer[]): StreamMetadata[] {
  return read(ogg, parts)
}

function titles (...parts: Buffer[]): (string | null)[] {
  return said(...parts).map(({ title }) => title)
}

const titled = (title: string, serial: number): Buffer => link('opus', [['title', title]], { serial })

test('each codec says artist, title and tags', (t) => {
  for (const codec of codecs) t.same(said(link(codec, song, { serial: 1 })), [played], codec)
  t.end()
})

test('each track of a chain is reported once, when its comments have been read', (t) => {
  const chain = codecs.flatMap((codec, i) => [link(codec, [['title', `Song ${i}`]], { serial: i, audio: [audio] })])
  t.same(titles(...chain), ['Song 0', 'Song 1', 'Song 2', 'Song 3'])
  t.same(titles(titled('A', 7), titled('A', 7)), ['A', 'A'], 'the same serial number and title')
  t.end()
})

const comments: [what: string, comments: Comments, expected: Partial<StreamMetadata>][] = [
  ['names in any letter case', [['tItLe', 'T'], ['ArTiSt', 'A'], ['Album', 'B']], { title: 'T', artist: 'A', tags: { album: 'B' } }],
  ['no comments', [], { title: null, artist: null, tags: null }],
  ['an empty title', [['TITLE', '']], { title: '', artist: null }],
  ['the first of two titles', [['TITLE', 'T'], ['TITLE', 'U']], { title: 'T' }],
  ['two artists', [['ARTIST', 'A'], ['ARTIST', 'B']], { artist: 'A & B' }],
  ['three artists', [['ARTIST', 'A'], ['ARTIST', 'B'], ['ARTIST', 'C']], { artist: 'A, B & C' }],
  ['the same artist twice', [['ARTIST', 'A'], ['ARTIST', 'A']], { artist: 'A' }],
  ['a blank artist', [['ARTIST', ' '], ['ARTIST', 'B']], { artist: 'B' }],
  ['seventeen artists', Array.from({ length: 17 }, (_, i) => ['ARTIST', String.fromCharCode(65 + i)] as const),
    { artist: 'A, B, C, D, E, F, G, H, I, J, K, L, M, N, O & P' }],
  ['a repeated tag', [['GENRE', 'Pop'], ['GENRE', 'Art'], ['GENRE', 'Pop']], { tags: { genre: 'Pop, Art, Pop' } }],
  ['a repeated tag with the same value', [['GENRE', 'Pop'], ['GENRE', 'Pop']], { tags: { genre: 'Pop' } }],
  ['a repeated tag that becomes too long', [['GENRE', 'P'.repeat(1500)], ['GENRE', 'Q'.repeat(1500)]], { tags: { genre: 'P'.repeat(1500) } }],
  ['a blank tag', [['ALBUM', ' ']], { tags: null }],
  ['a long tag', [['COMMENT', 'é'.repeat(1500)]], { tags: { comment: 'é'.repeat(1024) } }],
  ['a long tag whose last character would be cut', [['COMMENT', 'x' + '€'.repeat(1500)]], { tags: { comment: 'x' + '€'.repeat(682) } }],
  ['a long title', [['TITLE', 'x'.repeat(5000)]], { title: 'x'.repeat(4096) }],
  ['too many tags', Array.from({ length: 40 }, (_, i) => [`TAG${i}`, 'x'] as const),
    { tags: Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`tag${i}`, 'x'])) }],
  ['a name that is too long', [['x'.repeat(65), 'x'], ['y'.repeat(64), 'x']], { tags: { ['y'.repeat(64)]: 'x' } }],
  ['a name that is not allowed', [['naïve', 'x'], ['', 'x'], ['__proto__', 'x']], { tags: null }],
  ['pictures and encoders', [['METADATA_BLOCK_PICTURE', 'x'], ['COVERART', 'x'], ['CoverArtMime', 'x'], ['ENCODER', 'x'], ['encoder_options', 'x'], ['ENCODED-BY', 'Ann']],
    { tags: { 'encoded-by': 'Ann' } }],
  ['an equals sign in a value', [['TITLE', 'a=b']], { title: 'a=b' }],
  ['bytes that are not UTF-8', [['TITLE', Buffer.from('Caf\xe9', 'latin1')]], { title: 'Caf\u00e9' }],
  ['bytes that have to be repaired later', [['TITLE', Buffer.from('\xcf\xf0\xe8', 'latin1')]], { title: '\u00cf\u00f0\u00e8' }]
]

for (const [what, list, expected] of comments) {
  test(`comments are read: ${what}`, (t) => {
    const [metadata] = said(link('vorbis', list, { serial: 1 }))
    t.match(metadata, expected)
    for (const field of ['artist', 'title', 'tags'] as const) if (field in expected) t.same(metadata?.[field], expected[field])
    t.end()
  })
}

test('comments that go on over many pages are read', (t) => {
  for (const codec of codecs) {
    for (const pageBytes of [1, 255, 1000]) {
      const list: Comments = [...song, ['comment', 'x'.repeat(1000)]]
      t.match(said(link(codec, list, { serial: 1, pageBytes })), [{ artist: 'Björk', title: 'Hyperballad' }], `${codec}, ${pageBytes}`)
    }
  }
  t.end()
})

test('a picture of megabytes is skipped without being kept', (t) => {
  const list: Comments = [['TITLE', 'Before'], ['METADATA_BLOCK_PICTURE', Buffer.alloc(4_000_000, 'OggS')], ['ARTIST', 'After']]
  const stream = link('opus', list, { serial: 1 })
  const reader = createOggReader((metadata) => t.match(metadata, { title: 'Before', artist: 'After', tags: null }))
  t.plan(2)
  const before = process.memoryUsage().arrayBuffers
  for (const chunk of chop(stream.subarray(0, 4_000_000), [9000])) reader.push(chunk)
  t.ok(process.memoryUsage().arrayBuffers - before < 100_000)
  reader.push(stream.subarray(4_000_000))
})

test('a packet whose length is a multiple of 255 is read', (t) => {
  for (const length of [255, 510]) {
    const rest = length - headers('opus', [['title', '']])[1].length
    t.same(titles(link('opus', [['title', 'x'.repeat(rest)]], { serial: 1 })), ['x'.repeat(rest)])
  }
  t.end()
})

test('of several streams at once, those of audio are read, and the first title counts', (t) => {
  const [head, ...opus] = headers('opus', [['title', 'Opus']])
  const [vorbisHead, ...vorbis] = headers('vorbis', [['title', 'Vorbis']])
  const video = new Pages({ serial: 3 }).add([Buffer.from('\x80theora', 'latin1')], { isFirst: true }).add([Buffer.from('\x81theora', 'latin1')])
  const one = new Pages({ serial: 1, pageBytes: 300 }).add([head], { isFirst: true }).add(opus)
  const two = new Pages({ serial: 2, pageBytes: 1000 }).add([vorbisHead], { isFirst: true }).add(vorbis)
  const interleaved = [video, one, two].map(({ all }) => all)
  const pages = Array.from({ length: 8 }, (_, i) => interleaved.flatMap((all) => all.slice(i, i + 1))).flat()
  t.same(titles(...pages, audio, titled('Next', 4)), ['Opus', 'Next'])
  t.end()
})

/** The first page of a stream. */
function headOf (codec: Codec, serial: number): Buffer {
  return Buffer.concat(new Pages({ serial }).add([headers(codec, [])[0]], { isFirst: true }).all)
}

/** The pages with the comments of a stream. */
function commentsOf (codec: Codec, serial: number, list: Comments): Buffer {
  const [head, ...others] = headers(codec, list)
  return Buffer.concat(new Pages({ serial }).add([head]).add(others).all.slice(1))
}

test('a stream without a title does not hide the title of another one', (t) => {
  const heads = [headOf('opus', 1), headOf('speex', 2), headOf('vorbis', 3)]
  const [a, b, c] = [commentsOf('opus', 1, []), commentsOf('speex', 2, [['title', 'B']]), commentsOf('vorbis', 3, [['title', 'C']])]
  t.same(titles(...heads, a, b, c), [null, 'B'])
  t.same(titles(...heads, b, a, c), ['B'])
  t.same(titles(...heads, a, commentsOf('speex', 2, [])), [null])
  t.end()
})

test('more streams than a link has are ignored', (t) => {
  const heads = Array.from({ length: 9 }, (_, i) => headOf('opus', i))
  t.same(titles(...heads, commentsOf('opus', 8, [['title', 'Ninth']]), titled('Next', 8)), ['Next'])
  t.same(titles(...heads, commentsOf('opus', 7, [['title', 'Eighth']])), ['Eighth'])
  t.end()
})

test('a stream that begins again before its comments is read', (t) => {
  t.same(titles(headOf('opus', 1), headOf('opus', 1), commentsOf('opus', 1, [['title', 'T']])), ['T'])
  t.end()
})

test('of FLAC, other metadata before the comments is skipped', (t) => {
  const [head] = headers('flac', [])
  const begin = (...packets: Buffer[]): Buffer =>
    Buffer.concat(new Pages({ serial: 1 }).add([head], { isFirst: true }).add(packets).all)
  const block = flacBlock(4, commentBlock([['title', 'T']]))
  const seek = flacBlock(3, Buffer.alloc(700))
  t.same(titles(begin(seek, block)), ['T'])
  t.same(titles(begin(seek, flacBlock(1, Buffer.alloc(3), true), block)), [], 'after the last one')
  t.same(titles(begin(Buffer.from([0xff, 0xf8, 0, 0]), block)), [], 'after audio')
  t.same(titles(begin(Buffer.of(3), ...new Array<Buffer>(8).fill(seek), block)), [], 'after too many')
  t.end()
})

test('a stream that breaks the rules of its codec has no title', (t) => {
  const [opus, tags] = headers('opus', [['title', 'T']])
  const begin = (...packets: Buffer[]): Buffer =>
    Buffer.concat(new Pages({ serial: 1 }).add(packets.slice(0, 1), { isFirst: true }).add(packets.slice(1)).all)
  t.same(titles(begin(opus, Buffer.from('OpusTigs'), tags)), [], 'another packet')
  t.same(titles(begin(opus, Buffer.from('Opus'), tags)), ['T'], 'a short packet')
  t.same(titles(begin(Buffer.from('Opus'), tags)), [], 'a short first packet')
  t.same(titles(begin(Buffer.alloc(0), tags)), [], 'an empty first packet')
  t.same(titles(page({ flags: 2, serial: 1, sequence: 0 }, [])), [], 'a page without packets')
  t.end()
})

test('comments that are shorter or longer than they say are read as far as they go', (t) => {
  const body = (block: Buffer): Buffer => {
    const [head] = headers('opus', [])
    return Buffer.concat(new Pages({ serial: 1 }).add([head], { isFirst: true }).add([Buffer.concat([Buffer.from('OpusTags'), block])]).all)
  }
  const block = commentBlock(song)
  t.same(said(body(Buffer.concat([block, Buffer.alloc(5000, 1)]))), [played], 'padding')
  t.match(said(body(block.subarray(0, 40))), [{ title: 'Hyperballad', artist: null }], 'cut off')
  t.match(said(body(commentBlock(song, { count: 1 }))), [{ title: 'Hyperballad', artist: null }], 'fewer than there are')
  t.match(said(body(commentBlock(song, { count: 0xffffffff }))), [played], 'more than there are')
  t.same(said(body(Buffer.from('ffffffff', 'hex'))), [{ title: null, artist: null, tags: null }], 'a vendor without an end')
  t.same(said(body(commentBlock([], { vendor: '' }))), [{ title: null, artist: null, tags: null }], 'no vendor')
  t.end()
})

test('a page with comments that is broken or missing is not believed', (t) => {
  const pages = new Pages({ serial: 1, pageBytes: 255 })
  const [head, tags] = headers('opus', [['title', 'T'], ['comment', 'x'.repeat(1000)]])
  const { all } = pages.add([head], { isFirst: true }).add([tags])
  t.same(titles(...all), ['T'])
  for (const [i, one] of all.entries()) {
    const broken = Buffer.from(one)
    broken.writeUInt8(broken.readUInt8(40) ^ 1, 40)
    t.same(titles(...all.slice(0, i), broken, ...all.slice(i + 1), titled('Next', 2)), ['Next'], `page ${i} broken`)
    t.same(titles(...all.slice(0, i), ...all.slice(i + 1), titled('Next', 2)), ['Next'], `page ${i} missing`)
  }
  const whole = Buffer.concat([Buffer.from('OpusTags'), commentBlock([['title', 'T']])])
  const from = (flags: number): Buffer[] => [
    page({ flags: 2, serial: 1, sequence: 0 }, [head]),
    page({ flags, serial: 1, sequence: 1 }, [whole])
  ]
  t.same(titles(...from(0)), ['T'])
  t.same(titles(...from(1)), [], 'a page that goes on with a packet which has not begun')
  t.end()
})

test('a join in the middle and lost bytes are followed by the next track', (t) => {
  const first = link('opus', song, { serial: 1, audio: [audio] })
  for (let from = 1; from < first.length; from += 97) {
    t.same(titles(first.subarray(from), titled('Next', 2)).at(-1), 'Next', `from byte ${from}`)
  }
  for (const junk of ['O', 'Og', 'Ogg', 'OggS', 'OggOggS', 'OggS\x01', 'OggS\0\xff', 'OggSOggSOggS', 'x'.repeat(1000)]) {
    for (const size of [1, 2, 3, 30, 5000]) {
      const stream = Buffer.concat([first, Buffer.from(junk, 'latin1'), Buffer.alloc(0), titled('Next', 2)])
      t.same(titles(...chop(stream, [size])), ['Hyperballad', 'Next'], `${JSON.stringify(junk)} in pieces of ${size}`)
    }
  }
  t.end()
})

const comment = fc.tuple(fc.constantFrom('TITLE', 'artist', 'Album', 'DATE', 'METADATA_BLOCK_PICTURE', 'x'), fc.string({ unit: 'binary', maxLength: 300 }))
const track = fc.record({ codec: fc.constantFrom(...codecs), comments: fc.array(comment, { maxLength: 6 }), pageBytes: fc.integer({ min: 1, max: 2000 }) })

test('the same metadata is reported whatever the chunks, pages and codecs', (t) => {
  fc.assert(fc.property(fc.array(track, { minLength: 1, maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (tracks, sizes) => {
    const links = tracks.map(({ codec, comments, pageBytes }, i) => link(codec, comments, { serial: i, pageBytes }))
    const whole = said(...tracks.map(({ comments }, i) => link('opus', comments, { serial: i })))
    t.equal(whole.length, tracks.length)
    t.same(said(...chop(Buffer.concat(links), sizes)), whole)
  }), { numRuns: 200 })
  t.end()
})

test('bytes that are no page between two pages change nothing', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (junk, sizes) => {
    fc.pre(!Buffer.from(junk).includes('OggS\0'))
    const stream = Buffer.concat([link('opus', song, { serial: 1 }), junk, titled('Next', 2)])
    t.same(titles(...chop(stream, sizes)), ['Hyperballad', 'Next'])
  }), { numRuns: 300 })
  t.end()
})

for (const name of ['liquidsoap-opus', 'liquidsoap-flac', 'liquidsoap-vorbis']) {
  test(`a recorded stream is read: ${name}`, (t) => {
    const { headers, body } = recording(name)
    const expected = [1, 2].map((n) => ({ artist: `Björk ${n}`, title: `Título ${n} ☂`, tags: { album: `Album ${n}`, date: `199${n}`, year: `199${n}`, genre: 'Pop' } }))
    for (const size of [1, 4096, 1e6]) t.same(read(headers, chop(body, [size])), expected, `in pieces of ${size}`)
    t.end()
  })
}

test('a recorded stream of ffmpeg is read', (t) => {
  const { headers, body } = recording('ffmpeg-opus')
  t.same(read(headers, [body]), [1, 2].map((n) => ({ artist: `Артист ${n}`, title: `Опус ${n}`, tags: null })))
  t.end()
})
