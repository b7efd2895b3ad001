import fc from 'fast-check'
import { test } from 'tap'
import { createIcyReader } from '../../../lib/icecast/streams/icy-reader.ts'
import type { StreamMetadata } from '../../../lib/icecast/streams/stream-reader.ts'
import { readTrack } from '../../../lib/metadata/track.ts'
import { chop, read, recording } from './read.ts'

const INTERVAL = 16

/** A block with its length byte; nothing is a single 0. */
function block (text: string | Buffer = ''): Buffer {
  const bytes = Buffer.from(text)
  const padded = Buffer.alloc(1 + Math.ceil(bytes.length / 16) * 16)
  padded.writeUInt8((padded.length - 1) / 16)
  bytes.copy(padded, 1)
  return padded
}

/** Audio, in which a block follows each interval. */
function stream (...blocks: (string | Buffer)[]): Buffer {
  return Buffer.concat(blocks.flatMap((text) => [Buffer.alloc(INTERVAL, "StreamTitle='audio';"), block(text)]))
}

function said (...blocks: (string | Buffer)[]): StreamMetadata[] {
  return read({ 'icy-metaint': `${INTERVAL}` }, [stream(...blocks)])
}

const cases: [what: string, text: string | Buffer, expected: Partial<StreamMetadata> | null][] = [
  ['a title', "StreamTitle='A - B';", { artist: null, title: 'A - B', tags: null }],
  ['an empty title', "StreamTitle='';StreamUrl='';", { title: '', tags: null }],
  ['an address', "StreamTitle='A';StreamUrl='http://example.org/a.jpg';", { title: 'A', tags: { url: 'http://example.org/a.jpg' } }],
  ['an apostrophe', "StreamTitle='Don't';StreamUrl='';", { title: "Don't" }],
  ['a semicolon', "StreamTitle='A; B';", { title: 'A; B' }],
  ['an apostrophe and a semicolon', "StreamTitle='It's a trap'; x';StreamUrl='http://u';", { title: "It's a trap'; x", tags: { url: 'http://u' } }],
  ['an apostrophe at the end', "StreamTitle='Talkin'';StreamUrl='';", { title: "Talkin'" }],
  ['an apostrophe and a semicolon at the end', "StreamTitle='a';';StreamUrl='';", { title: "a';" }],
  ['an apostrophe at the end of all', "StreamTitle='Talkin'';", { title: "Talkin'" }],
  ['no semicolon', "StreamTitle='A'", { title: 'A' }],
  ['no end', "StreamTitle='A is too lo", { title: 'A is too lo' }],
  ['white space around fields', "StreamTitle='A'; StreamUrl='http://u';\r\n", { title: 'A', tags: { url: 'http://u' } }],
  ['other fields', "StreamTitle='';adw_ad='true';durationMilliseconds='15000';", { title: '', tags: { adw_ad: 'true', durationmilliseconds: '15000' } }],
  ['another field first', "StreamUrl='http://u';StreamTitle='A';", { title: 'A', tags: { url: 'http://u' } }],
  ['a title twice', "StreamTitle='A';StreamTitle='B';", { title: 'A' }],
  ['names in lower case', "streamtitle='A';", { title: 'A' }],
  ['a name that is too long', `StreamTitle='A';${'x'.repeat(65)}='B';`, { title: 'A', tags: null }],
  ['a query as address', "StreamTitle='A';StreamUrl='&artist=A&duration=1';", { title: 'A', tags: null }],
  ['too many fields', "StreamTitle='A';" + Array.from({ length: 40 }, (_, i) => `t${i}='x';`).join(''),
    { title: 'A', tags: Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`t${i}`, 'x'])) }],
  ['UTF-8', "StreamTitle='Björk';", { title: 'Björk' }],
  ['other bytes', Buffer.from("StreamTitle='Caf\xe9';", 'latin1'), { title: 'Caf\u00e9' }],
  ['only an address', "StreamUrl='http://u';", null],
  ['no field', 'x', null],
  ['only NUL', '\0', null],
  ['the longest block', `StreamTitle='${'x'.repeat(4064)}';`, { title: 'x'.repeat(4064) }],
  ['the longest block, cut off', `StreamTitle='${'x'.repeat(4067)}`, { title: 'x'.repeat(4067) }]
]

for (const [what, text, expected] of cases) {
  test(`a block is read: ${what}`, (t) => {
    const [metadata = null, ...others] = said(text)
    t.same(others, [])
    t.same(metadata, expected === null ? null : { artist: null, title: null, tags: null, ...expected })
    t.end()
  })
}

test('titles of encoders that wrap them, and in a charset, are as in documents', (t) => {
  const show = (text: string | Buffer, charset?: string): unknown => {
    const [metadata] = said(text)
    return metadata && readTrack(metadata, { mount: '/a', station: 'a', charset })
  }
  t.match(show("StreamTitle='Beatles - text=\"This Boy\" song_spot=\"M\" length=\"0\"';"), { artist: 'Beatles', title: 'This Boy' })
  t.match(show("StreamTitle='title=\"B\",artist=\"A\",url=\"x\"';"), { artist: 'A', title: 'B' })
  t.match(show("StreamTitle='StreamTitle='A - B';StreamUrl='';';"), { artist: 'A', title: 'B' })
  t.match(show("StreamTitle='Björk - Jóga';"), { artist: 'Björk', title: 'Jóga', raw: 'Björk - Jóga' })
  t.match(show(Buffer.from("StreamTitle='Bj\xf6rk - J\xf3ga';", 'latin1')), { artist: 'Björk', title: 'Jóga' })
  t.match(show(Buffer.from("StreamTitle='\xca\xe8\xed\xee - \xc3\xf0\xf3\xef\xef\xe0';", 'latin1'), 'windows-1251'), { artist: 'Кино', title: 'Группа' })
  t.end()
})

test('each new title is reported once', (t) => {
  const titles = said("StreamTitle='A';", '', "StreamTitle='A';", "StreamTitle='B';", '', '', "StreamTitle='A';").map(({ title }) => title)
  t.same(titles, ['A', 'B', 'A'])
  t.end()
})

test('the same metadata is reported whatever the chunks', (t) => {
  const piece = fc.constantFrom("StreamTitle='", "';", "'", ';', 'StreamUrl=', 'ab', 'é', ' ', '\0')
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  fc.assert(fc.property(fc.array(text, { maxLength: 6 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (texts, sizes) => {
    const bytes = stream(...texts)
    const headers = { 'icy-metaint': `${INTERVAL}` }
    t.same(read(headers, chop(bytes, sizes)), read(headers, [bytes]))
  }), { numRuns: 300 })
  t.end()
})

test('any title comes back as it was sent', (t) => {
  const text = fc.array(fc.constantFrom("'", ';', '=', "';", 'a', 'é', ' b'), { maxLength: 30 }).map((pieces) => pieces.join(''))
  fc.assert(fc.property(text, (title) => {
    // A title that goes on like the next field cannot be told from it.
    fc.pre(!/';\s*[a-z]+='/.test(`${title}';`))
    t.same(said(`StreamTitle='${title}';StreamUrl='http://u';`), [{ artist: null, title, tags: { url: 'http://u' } }])
  }), { numRuns: 300 })
  t.end()
})

test('a long block of quotes and blanks takes no time', (t) => {
  for (const part of ["'", "';", "' ", ' ', "a='", "';a", "StreamTitle='"]) {
    said("StreamTitle='" + part.repeat(Math.floor(4060 / part.length)))
  }
  t.end()
})

test('audio is skipped without being kept', (t) => {
  const reader = createIcyReader(8192, () => t.fail('a title'))
  const chunk = Buffer.alloc(8193)
  const before = process.memoryUsage().arrayBuffers
  for (let i = 0; i < 10_000; i++) reader.push(chunk)
  t.ok(process.memoryUsage().arrayBuffers - before < 1_000_000)
  t.end()
})

for (const [name, expected] of [
  ['liquidsoap-mp3', ['Björk 1 - Título 1 &#9730;', 'Björk 2 - Título 2 &#9730;']], ['interval-1000', ['Second title']]
] as const) {
  test(`a recorded stream is read: ${name}`, (t) => {
    const { headers, body } = recording(name)
    for (const size of [1, 4096, 1e6]) t.same(read(headers, chop(body, [size])), expected.map((title) => ({ artist: null, title, tags: null })))
    t.end()
  })
}
