import fc from 'fast-check'
import { test } from 'tap'
import { parsePublicStats } from '../../../lib/icecast/documents/publicstats.ts'
import { checkRecordings, mutated, outcome, recording } from './recordings.ts'

/** What is playing on a mount with these fields. */
const playing = (fields: string) => {
  const stats = `{"server_id":"x","server_start_iso8601":"x","source":{"/a":{"stream_start_iso8601":"x",${fields}}}}`
  const [mount] = parsePublicStats(Buffer.from(`[{},${stats}]`)).mounts
  return [mount?.title, mount?.artist]
}

test('every recorded publicstats.json of 2.5 says what was playing', (t) => {
  checkRecordings(t, '2.5', '.publicstats.json.http', 'publicstats.expected.json', parsePublicStats)
  t.end()
})

test('a report has everything that publicstats.json says', (t) => {
  t.strictSame(parsePublicStats(recording('2.5/one-mp3.publicstats.json.http')), {
    serverId: 'Icecast 2.4.999.2',
    serverStart: '2026-11-22T05:48:21+0000',
    mounts: [{
      path: '/utf8.mp3',
      live: true,
      streamStart: '2026-11-22T05:48:23+0000',
      liveSince: '2026-11-22T05:48:23.000Z',
      title: 'Artist - Title',
      artist: null,
      tags: null,
      titleSince: null,
      name: 'Radio Test',
      description: 'A test station',
      genre: 'Jazz',
      url: null,
      listenUrl: 'http://127.0.0.1:18110/utf8.mp3',
      contentType: 'audio/mpeg',
      codec: 'mp3',
      bitrate: null,
      listeners: 0,
      listenerPeak: null
    }]
  })
  t.end()
})

test('the title that the encoder sent is preferred to the one that Icecast converted', (t) => {
  const made = '"display-title":"A &#22338;"'
  t.strictSame(playing(made), ['A &#22338;', null])
  t.strictSame(playing(`${made},"metadata":{"x_icy_title":"B","x_icy_artist":"A"}`), ['B', 'A'])
  t.strictSame(playing(`${made},"metadata":{"x_icy_title":" "}`), ['', null])
  t.strictSame(playing(`${made},"metadata":{"title":"B","artist":"A"}`), ['B', 'A'])
  t.strictSame(playing(`${made},"metadata":{"encoder":"x"}`), ['A &#22338;', null])
  t.strictSame(playing(`${made},"metadata":{"x_icy_artist":"A"}`), ['A &#22338;', null])
  t.strictSame(playing(`${made},"metadata":null`), ['A &#22338;', null])
  t.end()
})

test('what `metadata` has beside the title are tags, bounded and without what is none', (t) => {
  const tags = (metadata: string) => {
    const stats = `{"server_id":"x","source":{"/a":{"content-type":"audio/mpeg","metadata":${metadata}}}}`
    return parsePublicStats(Buffer.from(`[{},${stats}]`)).mounts[0]?.tags
  }
  t.strictSame(tags('{"encoder":"libopus","title":"T","artist":"A","ALBUM":"B","date":["1995","1996"],"server":"Icecast","genre":" "}'), { album: 'B', date: '1995' })
  t.strictSame(tags('{"x_icy_title":"T","x_icy_artist":"A","x_icy_url":"https://radio.example"}'), { url: 'https://radio.example' })
  t.strictSame(tags('{"x_icy_url":"https://radio.example","x_icy_title":"T"}'), null, 'the address of an earlier title')
  t.strictSame(tags('{"title":"T"}'), null)
  t.strictSame(tags('[]'), null)
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`tag${n}`, 'x'.repeat(9999)]))
  const read = Object.values(tags(JSON.stringify(many)) ?? {})
  t.strictSame([read.length, read[0]?.length], [32, 2048])
  t.end()
})

test('an artist without a title is read from the comments of Ogg', (t) => {
  t.strictSame(playing('"display-title":"","metadata":{"encoder":"x","artist":"A"}'), [null, 'A'])
  t.strictSame(playing('"metadata":{"artist":"A","title":""}'), ['', 'A'])
  t.end()
})

test('an artist that an earlier request left behind is not shown with a new title', (t) => {
  t.strictSame(playing('"metadata":{"x_icy_artist":"old","x_icy_url":"x","x_icy_title":"new"}'), ['new', null])
  t.strictSame(playing('"metadata":{"artist":"old","title":"new","server":"Icecast"}'), ['new', null])
  t.strictSame(playing('"metadata":{"artist":"own","title":"own"}'), ['own', 'own'], 'an encoder has its own order')
  t.end()
})

test('the first of several artists is shown', (t) => {
  const list = (creator: string) => `"playlist":{"playlist":{"track":[{"title":"old"},{"title":"T","creator":${creator}}]}}`
  t.strictSame(playing(`"metadata":{"title":"T","artist":"last"},${list('"first"')}`), ['T', 'first'])
  t.strictSame(playing(`"metadata":{"title":"T","artist":"own"},${list('null')}`), ['T', 'own'])
  t.strictSame(playing(`"metadata":{"title":"new","artist":"own"},${list('"old"')}`), ['new', 'own'])
  t.strictSame(playing(`"metadata":{"title":"T"},${list('"first"')}`), ['T', null])
  t.strictSame(playing('"metadata":{"title":"T","artist":"own"},"playlist":{"playlist":{"track":[]}}'), ['T', 'own'])
  t.strictSame(playing('"metadata":{"title":["T","U"],"artist":["A","B"]},"playlist":null'), ['T', 'A'])
  t.end()
})

test('an entry without a start date and a content type is not live', (t) => {
  const { mounts } = parsePublicStats(Buffer.from(
    '[{},{"server_id":"x","source":{"/main":{"listeners":0,"listenurl":"http://h/main"},"/gone":null,"nameless":{}}}]'))
  t.match(mounts, [{ path: '/main', live: false, listeners: 0 }])
  t.equal(mounts.length, 1)
  t.end()
})

test('another document is refused, and so is that of a server that is starting', (t) => {
  for (const text of ['{}', '[]', '[{}]', '[{},null]', '{"icestats":{"server_id":"x"}}']) {
    t.throws(() => parsePublicStats(Buffer.from(text)),
      { code: 'FST_ICECAST_BAD_DOCUMENT', message: /publicstats.json .* it has no icestats/ }, text)
  }
  t.throws(() => parsePublicStats(recording('2.5/startup-partial.publicstats.json.http')), { message: /is starting/ })
  t.end()
})

test('a damaged document is read or refused', (t) => {
  fc.assert(fc.property(mutated(recording('2.5/three.publicstats.json.http')),
    (body) => outcome(() => parsePublicStats(body)) !== null))
  t.end()
})
