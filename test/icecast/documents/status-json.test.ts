import fc from 'fast-check'
import { test } from 'tap'
import { parseStatusJson } from '../../../lib/icecast/documents/status-json.ts'
import { checkRecordings, mutated, outcome, recording } from './recordings.ts'

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

test('a report has all that 2.4 says', (t) => {
  t.strictSame(parseStatusJson(recording('2.4/one-mp3.http')), {
    serverId: 'Icecast 2.4.4',
    serverStart: '2026-11-22T05:03:19+0000',
    mounts: [{
      path: '/utf8',
      live: true,
      streamStart: '2026-11-22T05:03:19+0000',
      title: 'Artist - Title',
      artist: null,
      name: 'Radio Test',
      description: 'Desc',
      genre: 'Test',
      url: 'http://example.org/',
      listenUrl: 'http://localhost:18000/utf8',
      contentType: 'audio/mpeg',
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

test('a mount is named right whatever `<hostname>` is', (t) => {
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

test('a mount comes once, as the first of its name', (t) => {
  const { mounts } = read('{"icestats":{"server_id":"x","server_start_iso8601":"x","source":[' +
    '{"listenurl":"http://h/a","title":"first"},{"listenurl":"http://forged/a","title":"second"}]}}')
  t.strictSame(mounts.map(({ title }) => title), ['first'])
  t.end()
})

test('a number of listeners that can not be is unknown', (t) => {
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
    const mount = readMount(`"listeners":${text},"listener_peak":${text},"bitrate":${text}`)
    t.strictSame([mount?.listeners, mount?.listenerPeak, mount?.bitrate], [count, count, count], text)
  }
  t.equal(readMount('"a":1')?.listeners, null)
  t.equal(readMount('"bitrate":"128kbps","ice-bitrate":96')?.bitrate, 96)
  t.end()
})

test('a title that is not there is null, and so is an empty one', (t) => {
  for (const title of ['null', '""', '" "', '"\\t\\r\\n\\u00a0"', '{}', '[]', '[{}]']) {
    t.equal(readMount(`"title":${title}`)?.title, null, title)
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

test('no text is longer than it may be', (t) => {
  const mount = readMount(['title', 'artist', 'server_name', 'server_description', 'genre', 'server_type', 'server_url']
    .map((key) => `"${key}":"${'🎵'.repeat(10_000)}"`).join())
  t.equal(mount?.title, '🎵'.repeat(4096))
  t.equal(mount?.artist, '🎵'.repeat(4096))
  for (const text of [mount?.name, mount?.description, mount?.genre, mount?.contentType]) t.equal(text, '🎵'.repeat(512))
  t.equal(mount?.url, null, 'a cut address would be another address')
  t.equal(readMount(`"title":"a${'🎵'.repeat(10_000)}"`)?.title, `a${'🎵'.repeat(4095)}`, 'no half of a pair is left')
  t.end()
})

test('what Icecast says for an encoder that said nothing is nothing', (t) => {
  const mount = readMount('"server_name":"Unspecified name","server_description":"Unspecified description"')
  t.match(mount, { name: null, description: null })
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
