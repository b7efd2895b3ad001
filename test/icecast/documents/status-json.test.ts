import fc from 'fast-check'
import { test } from 'tap'
import { parseStatusJson } from '../../../lib/icecast/documents/status-json.ts'
import { checkRecordings, mutated, outcome, recording, recordings } from './recordings.ts'

const read = (text: string) => parseStatusJson(Buffer.from(text))
/** A document of one source with these fields besides what every live source of 2.4 has. */
const readMount = (fields: string) => read(
  `{"icestats":{"server_id":"Icecast 2.4.4","source":{"listenurl":"http://h:8000/a","stream_start_iso8601":"x",${fields}}}}`
).mounts[0]

test('every recorded status-json.xsl of 2.4 says what was playing', (t) => {
  checkRecordings(t, '2.4', '.http', 'status-json.expected.json', parseStatusJson)
  t.end()
})

test('every recorded status-json.xsl of 2.5 says what was playing', (t) => {
  checkRecordings(t, '2.5', '.status-json.http', 'status-json.expected.json', parseStatusJson)
  t.end()
})

test("every recorded status-json.xsl of kh, with 2.4's stylesheets, says what was playing", (t) => {
  checkRecordings(t, 'kh', '.status-json-copied-2.4.4.http', 'status-json.expected.json', parseStatusJson)
  t.end()
})

test('a report has everything that 2.4 says', (t) => {
  t.strictSame(parseStatusJson(recording('2.4/one-mp3.http')), {
    serverId: 'Icecast 2.4.4',
    serverStart: '2026-11-22T05:03:19+0000',
    mounts: [{
      path: '/utf8',
      live: true,
      streamStart: '2026-11-22T05:03:19+0000',
      liveSince: '2026-11-22T05:03:19.000Z',
      title: 'Artist - Title',
      artist: null,
      tags: null,
      titleSince: null,
      name: 'Radio Test',
      description: 'Desc',
      genre: 'Test',
      url: 'http://example.org/',
      listenUrl: 'http://localhost:18000/utf8',
      contentType: 'audio/mpeg',
      codec: 'mp3',
      bitrate: 64,
      listeners: 0,
      listenerPeak: 0
    }]
  })
  t.end()
})

test('a mount is named by the text of its listenurl', (t) => {
  const names: Record<string, string[]> = {
    'http://h:8000/a?x=1#y%20z': ['/a?x=1#y%20z'],
    'https://[::1]:8000//a//b/': ['//a//b/'],
    'http://h:8000/': ['/'],
    'http://h:8000/a\\nb': ['/a\nb'],
    [`http://h/${'a'.repeat(4095)}`]: [`/${'a'.repeat(4095)}`],
    [`http://h/${'a'.repeat(4096)}`]: [],
    'http://h:8000': [],
    '/a': [],
    '': []
  }
  for (const [listenUrl, paths] of Object.entries(names)) {
    const report = read(`{"icestats":{"server_id":"x","server_start_iso8601":"x","source":{"listenurl":"${listenUrl}"}}}`)
    t.strictSame(report.mounts.map(({ path }) => path), paths, listenUrl.slice(0, 40))
  }
  for (const source of ['null', '{}', '[]', '[null,1,"a",[{}]]', '{"listenurl":null}', '{"listenurl":["http://h/a"]}', '"http://h/a"']) {
    t.strictSame(read(`{"icestats":{"server_id":"x","source":${source}}}`).mounts, [], source)
  }
  t.end()
})

test('the path of a mount is read correctly with any `<hostname>`', (t) => {
  for (const [host, listenUrl, path = '/a/b'] of [
    ['http://h', 'http://http://h:8000/a/b'],
    ['https://h/radio/', 'http://https://h/radio/:8000/a/b'],
    ['h/', 'http://h/:8000/a/b'],
    ['h', 'http://h:8000/http://h:8000/a/b', '/http://h:8000/a/b'],
    ['127', 'http://127:8000/a/b'],
    ['', 'http://:8000/a/b'],
    ['other', 'http://h:8000/a/b'],
    ['h', 'http://h:x/a/b']
  ] as const) {
    const report = read(`{"icestats":{"server_id":"Icecast 2.4.4","server_start_iso8601":"x","host":"${host}","source":{"listenurl":"${listenUrl}"}}}`)
    t.strictSame(report.mounts.map(({ path }) => path), [path], listenUrl)
  }
  t.end()
})

test('kh gives names percent-encoded; one that is not UTF-8 stays so', (t) => {
  const paths = read('{"icestats":{"server_id":"x","server_start":"22/Nov/2026:05:48:21 +0000","source":[' +
    '{"listenurl":"http://h/my%20radio%3F.mp3"},{"listenurl":"http://h/caf%E9"},{"listenurl":"http://h/100%"}]}}')
    .mounts.map(({ path }) => path)
  t.strictSame(paths, ['/my radio?.mp3', '/caf%E9', '/100%'])
  t.end()
})

test('the first of several sources with the same mount is read', (t) => {
  const { mounts } = read('{"icestats":{"server_id":"x","server_start_iso8601":"x","source":[' +
    '{"listenurl":"http://h/a","title":"first"},{"listenurl":"http://forged/a","title":"second"}]}}')
  t.strictSame(mounts.map(({ title }) => title), ['first'])
  t.end()
})

test('an impossible number of listeners is unknown', (t) => {
  const counts: Array<[text: string, count: number | null]> = [
    ['0', 0],
    ['12', 12],
    ['"12"', 12],
    [' 7 ', 7],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ...['9007199254740992', '18446744073709551615', '-1', '-', '1.5', '5.', '1e3', 'null', 'true', '"a"', '{}', '[]', '[[5]]']
      .map((text): [string, null] => [text, null])
  ]
  for (const [text, count] of counts) {
    const mount = readMount(`"listeners":${text},"listener_peak":${text}`)
    t.strictSame([mount?.listeners, mount?.listenerPeak], [count, count], text)
  }
  t.equal(readMount('"a":1')?.listeners, null)
  t.end()
})

test('a missing title is null, and an empty one is an empty string', (t) => {
  for (const title of ['{}', '[]', '[{}]']) t.equal(readMount(`"title":${title}`)?.title, null, title)
  t.equal(readMount('"dummy":null')?.title, null)
  for (const title of ['null', '""', '" "', '"\\t\\r\\n\\u00a0"', '" - "', ' - ']) {
    t.equal(readMount(`"title":${title}`)?.title, '', title)
  }
  t.equal(readMount('"title":"null"')?.title, 'null')
  t.equal(readMount('"title":" a "')?.title, ' a ')
  t.end()
})

test("an encoder's own keys change only what it may say of itself", (t) => {
  const { mounts, ...server } = parseStatusJson(recording('2.4/audio-info-injection.http'))
  t.strictSame(server, { serverId: 'Icecast 2.4.4', serverStart: '2026-11-22T05:11:13+0000' })
  t.match(mounts, [{ path: '/utf8', title: 'Injected', artist: 'Evil', listeners: 0 }])
  const mount = readMount('"__proto__":{"title":"x","live":false},"metadata":"x_icy_title=y","title":"z"')
  t.match(mount, { title: 'z', live: true })
  t.end()
})

test('every text of a report is bounded', (t) => {
  const mount = readMount(['title', 'artist', 'server_name', 'server_description', 'genre', 'server_type', 'server_url']
    .map((key) => `"${key}":"${'🎵'.repeat(10_000)}"`).join())
  t.equal(mount?.title, '🎵'.repeat(4096))
  t.equal(mount?.artist, '🎵'.repeat(4096))
  for (const text of [mount?.name, mount?.description, mount?.genre]) t.equal(text, '🎵'.repeat(512))
  t.equal(mount?.contentType, '🎵'.repeat(64))
  t.equal(mount?.url, null, 'a cut address would be another address')
  t.equal(readMount(`"title":"a${'🎵'.repeat(10_000)}"`)?.title, `a${'🎵'.repeat(4095)}`, 'no half of a pair is left')
  t.end()
})

test('a default of Icecast or of an encoder is no name, description, genre or url', (t) => {
  for (const text of [
    'Unspecified name', 'Unspecified description', 'Unspecified', 'Default description', 'Stream Name', 'no name', 'No Name',
    'http://', 'https://', ' '
  ]) {
    const mount = readMount(['server_name', 'server_description', 'genre', 'server_url'].map((key) => `"${key}":"${text}"`).join())
    t.match(mount, { name: null, description: null, genre: null, url: null }, text)
  }
  t.match(readMount('"server_name":"no names","server_url":"http://a"'), { name: 'no names', url: 'http://a' })
  t.end()
})

test('a bitrate is read from each field that encoders use', (t) => {
  const rows: Array<[fields: string, bitrate: number | null]> = [
    ['"bitrate":128', 128],
    ['"bitrate":18446744073709551615', null],
    ['"bitrate":128 kbps', 128],
    ['"bitrate":"128kbps","ice-bitrate":96', 128],
    ['"bitrate":"128 kbit/s"', 128],
    ['"bitrate":"Quality 4,00","ice-bitrate":112', 112],
    ['"audio_info":"channels=2;samplerate=44100;bitrate=128"', 128],
    ['"audio_info":"ice-samplerate=44100;ice-bitrate=192;ice-channels=2"', 192],
    ['"audio_info":"ice-samplerate=11025;ice-bitrate=Quality 0"', null],
    ['"audio_info":"samplerate=44100;quality=10%2e0;channels=2","audio_bitrate":499821', 500],
    ['"audio_info":"maxbitrate=128"', null],
    ['"audio_info":null', null]
  ]
  for (const [fields, bitrate] of rows) t.equal(readMount(fields)?.bitrate, bitrate, fields)
  t.end()
})

test('a codec is read from the content type or the subtype', (t) => {
  const rows: Array<[fields: string, codec: string | null]> = [
    ['"server_type":"audio/mpeg"', 'mp3'],
    ['"server_type":"audio/aacp"', 'aac'],
    ['"server_type":"Audio/AAC; charset=x"', 'aac'],
    ['"server_type":"audio/flac"', 'flac'],
    ['"server_type":"application/ogg","subtype":"Vorbis"', 'vorbis'],
    ['"server_type":"application/ogg","subtype":"Opus"', 'opus'],
    ['"server_type":"audio/ogg","subtype":"FLAC"', 'flac'],
    ['"server_type":"video/ogg","subtype":"Theora/Vorbis"', 'vorbis'],
    ['"server_type":"audio/ogg; codecs=\\"opus\\""', 'opus'],
    ['"server_type":"audio/webm;codecs=opus"', 'opus'],
    ['"content-type":"application/ogg"', null],
    ['"server_type":"application/ogg","subtype":"Theora"', null],
    ['"subtype":"<script>"', null],
    ['"a":1', null]
  ]
  for (const [fields, codec] of rows) t.equal(readMount(fields)?.codec, codec, fields)
  t.end()
})

test('a date is converted to UTC, and anything else is null', (t) => {
  const rows: Array<[date: string, expected: string | null]> = [
    ['2026-11-22T05:48:23+0000', '2026-11-22T05:48:23.000Z'],
    ['2025-02-15T10:30:00-0500', '2025-02-15T15:30:00.000Z'],
    ['2019-07-08T09:30:00+03:00', '2019-07-08T06:30:00.000Z'],
    ['2026-11-22T05:48:23Z', '2026-11-22T05:48:23.000Z'],
    ['Sun, 22 Apr 2012 02:04:32 +0200', '2012-04-22T00:04:32.000Z'],
    ['18/Aug/2020:23:50:57 -0400', '2020-08-19T03:50:57.000Z'],
    ['2026-11-22T05:48:23', null],
    ['9999-12-31T23:00:00-0500', null],
    ['2026-13-22T05:48:23+0000', null],
    ['22/Nox/2026:05:50:30 +0000', null],
    ['0', null],
    ['yesterday', null],
    ['', null]
  ]
  for (const [date, expected] of rows) {
    const { mounts } = read(`{"icestats":{"server_id":"x","source":{"listenurl":"http://h/a","stream_start":"${date}","metadata_updated":"${date}"}}}`)
    t.strictSame([mounts[0]?.liveSince, mounts[0]?.titleSince], [expected, expected], date)
  }
  t.match(readMount('"stream_start":"Sun, 22 Apr 2012 02:04:32 +0200"'), { streamStart: 'x', liveSince: null })
  t.end()
})

test('a source without a start date is live if it has a content type and a title or listeners', (t) => {
  const isLive = (fields: string) => read(`{"icestats":{"server_id":"x","source":{"listenurl":"http://h/a",${fields}}}}`).mounts[0]?.live
  t.equal(isLive('"stream_start":"","server_type":"audio/mpeg","listeners":1'), true)
  t.equal(isLive('"stream_start":"","server_type":"audio/mpeg","listeners":0,"title":"A"'), true)
  t.equal(isLive('"content-type":"audio/mpeg","title":"A"'), true)
  t.equal(isLive('"server_type":"audio/mpeg","listeners":0,"title":" - "'), false)
  t.equal(isLive('"server_type":"","listeners":3,"title":"A"'), false)
  t.equal(isLive('"listeners":3'), false, 'the listeners of a mount without a source hear its fallback')
  t.end()
})

test('the path in a listenUrl is percent-encoded', (t) => {
  const rows: Array<[listenUrl: string, expected: string]> = [
    ['http://h:8000/a.mp3', 'http://h:8000/a.mp3'],
    ['http://h:8000/100% live?.mp3', 'http://h:8000/100%25%20live%3F.mp3'],
    ['http://h:8000/a%20b#1', 'http://h:8000/a%2520b%231'],
    ['http://h:8000/кино', 'http://h:8000/%D0%BA%D0%B8%D0%BD%D0%BE'],
    ['http://h:8000/\\ud800', 'http://h:8000/%EF%BF%BD']
  ]
  for (const [listenUrl, expected] of rows) {
    const report = read(`{"icestats":{"server_id":"x","server_start_iso8601":"x","source":{"listenurl":"${listenUrl}"}}}`)
    t.equal(report.mounts[0]?.listenUrl, expected, listenUrl)
  }
  const long = read(`{"icestats":{"server_id":"x","source":{"listenurl":"http://h/${'ж'.repeat(1000)}"}}}`).mounts[0]
  t.equal(long?.listenUrl, null, 'an address that would be too long is not cut')
  const kh = read('{"icestats":{"server_id":"x","source":{"listenurl":"http://h/my%20radio%3F"}}}').mounts[0]
  t.match(kh, { path: '/my radio?', listenUrl: 'http://h/my%20radio%3F' }, 'kh writes it encoded')
  t.end()
})

test('the documents of the 2.4.0 stylesheet are read although a brace is missing', (t) => {
  const start = '{"icestats":{"server_id":"Icecast 2.4.0","server_start_iso8601":"x",'
  const source = (name: string) => `{"listenurl":"http://h/${name}","stream_start_iso8601":"x",}`
  const paths = (text: string) => read(text).mounts.map(({ path }) => path)
  t.strictSame(paths(`${start}}`), [])
  t.strictSame(paths(`${start}}}`), [], 'with the brace')
  t.strictSame(paths(`${start}"source":${source('a')}}`), ['/a'])
  t.strictSame(paths(`${start}"source":[${source('a')},${source('b')}]}`), ['/a', '/b'])
  t.end()
})

test('a truncated document is never read as one with other mounts', (t) => {
  const documents = [
    ...recordings('2.4', '.http').map((name) => recording(`2.4/${name}.http`)),
    ...recordings('2.5', '.status-json.http').slice(0, 10).map((name) => recording(`2.5/${name}.status-json.http`)),
    ...[
      '"source":{"listenurl":"http://h/a","x":"},}",}}', '"source":[{"listenurl":"http://h/a",},{"listenurl":"http://h/b",}]}',
      '"a":{"x":1,},"source":{"listenurl":"http://h/a","y":{"z":1,},}}', '}'
    ].map((end) => Buffer.from(`{"icestats":{"server_id":"x","server_start_iso8601":"x",${end}`))
  ].filter((body) => typeof outcome(() => parseStatusJson(body)) !== 'string')
  t.ok(documents.length > 150)
  for (const body of documents) {
    const whole = JSON.stringify(outcome(() => parseStatusJson(body)))
    const others = new Set<string>()
    for (let length = 0; length < body.length; length++) {
      // Other prefixes end within an object.
      if (body[length - 1] !== 0x7D && length % 7 !== 0) continue
      const rows = outcome(() => parseStatusJson(body.subarray(0, length)))
      if (typeof rows !== 'string' && JSON.stringify(rows) !== whole) others.add(JSON.stringify(rows))
    }
    if (others.size > 0) t.strictSame([...others], [], body.toString())
  }
  t.end()
})

test('a thousand mounts are read, more are refused', (t) => {
  const mounts = (count: number) => read('{"icestats":{"server_id":"x","server_start_iso8601":"x","source":[' +
    Array.from({ length: count }, (_, i) => `{"listenurl":"http://h/${i}"}`).join() + ']}}').mounts.length
  t.equal(mounts(1000), 1000)
  t.throws(() => mounts(1001), { code: 'FST_ICECAST_BAD_DOCUMENT', message: /more than 1000 mounts/ })
  t.end()
})

test('another document is refused, and so is that of a server that is starting', (t) => {
  for (const text of ['[]', '{}', 'null', '"icestats"', '{"icestats":null}', '{"icestats":[]}']) {
    t.throws(() => read(text), { code: 'FST_ICECAST_BAD_DOCUMENT', message: /it has no icestats/ }, text)
  }
  t.throws(() => read('{"icestats":{"server_start_iso8601":"x"}}'), { message: /no server_id yet, Icecast is starting/ })
  t.strictSame(read('{"icestats":{"server_id":null}}'), { serverId: null, serverStart: null, mounts: [] },
    'a server may hide what it is')
  t.end()
})

test('a damaged document is read or refused', (t) => {
  for (const name of ['2.4/three-mp3.http', '2.5/three.status-json.http', 'kh/three.status-json-copied-2.4.4.http']) {
    fc.assert(fc.property(mutated(recording(name)), (body) => outcome(() => parseStatusJson(body)) !== null))
  }
  t.end()
})
