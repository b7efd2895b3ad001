import fc from 'fast-check'
import { test } from 'tap'
import { parseAdminStats } from '../../../lib/icecast/documents/admin-stats.ts'
import { parseStatusJson } from '../../../lib/icecast/documents/status-json.ts'
import { checkRecordings, mutated, outcome, recording, recordings } from './recordings.ts'

const read = (sources: string) => parseAdminStats(Buffer.from(
  `<icestats><server_id>x</server_id><server_start_iso8601>x</server_start_iso8601>${sources}</icestats>`))

/** The recordings in which a title is there but empty. */
const unreadable = (folder: string, ending: string) => recordings(folder, ending).filter((name) => {
  const body = recording(`${folder}/${name}${ending}`)
  return typeof outcome(() => parseAdminStats(body)) !== 'string' && parseAdminStats(body).unreadable.length > 0
})

test('every recorded /admin/stats of 2.4 says what was playing', (t) => {
  checkRecordings(t, '2.4', '.adminstats.http', 'admin-stats.expected.json', parseAdminStats)
  t.strictSame(unreadable('2.4', '.adminstats.http').sort(), [
    'xml-title-ctrl-01', 'xml-title-ctrl-1b', 'xml-title-empty', 'xml-title-surrogate', 'xml-title-ufffe'
  ])
  t.end()
})

test('every recorded /admin/stats of 2.5 says what was playing', (t) => {
  checkRecordings(t, '2.5', '.admin-stats.http', 'admin-stats.expected.json', parseAdminStats)
  t.strictSame(unreadable('2.5', '.admin-stats.http').sort(), [
    'fresh-artist-only', 'fresh-ctrl-1b', 'fresh-empty', 'fresh-latin1-bytes'
  ])
  t.end()
})

test('every recorded /admin/stats of kh says what was playing', (t) => {
  checkRecordings(t, 'kh', '.admin-stats.http', 'admin-stats.expected.json', parseAdminStats)
  t.strictSame(unreadable('kh', '.admin-stats.http').sort(), ['charset-plain-cafe-latin1', 'charset-plain-cp1252'])
  t.end()
})

test('a report of kh has all that it says', (t) => {
  t.strictSame(parseAdminStats(recording('kh/meta-artist-title.admin-stats.http')), {
    serverId: 'Icecast 2.4.0-kh22',
    serverStart: '22/Nov/2026:05:48:21 +0000',
    mounts: [{
      path: '/utf8.mp3',
      live: true,
      streamStart: '22/Nov/2026:05:50:30 +0000',
      liveSince: '2026-11-22T05:50:30.000Z',
      title: 'The Title',
      artist: 'The Artist',
      tags: null,
      titleSince: '2026-11-22T05:50:34.000Z',
      name: 'Radio Test',
      description: 'A test station',
      genre: 'Jazz',
      url: 'http://example.org/',
      listenUrl: 'http://localhost:18100/utf8.mp3',
      contentType: 'audio/mpeg',
      codec: 'mp3',
      bitrate: 64,
      listeners: 0,
      listenerPeak: 0
    }],
    unreadable: []
  })
  t.end()
})

test('the two documents of a server agree on when it and its sources started', (t) => {
  for (const name of ['three-mp3', 'vorbis-inband-artist-title', 'fallback-main-dropped']) {
    const { unreadable, ...report } = parseAdminStats(recording(`2.4/${name}.adminstats.http`))
    t.strictSame(report, parseStatusJson(recording(`2.4/${name}.http`)), name)
  }
  t.end()
})

test('an empty title is reported as unreadable, a missing one is not', (t) => {
  const live = '<stream_start>x</stream_start>'
  const paths = (fields: string) => read(`<source mount="/a">${live}${fields}</source>`).unreadable
  t.strictSame(paths(''), [])
  t.strictSame(paths('<title>a</title>'), [])
  t.strictSame(paths('<title> </title>'), [], 'a space is what was sent')
  t.strictSame(paths('<title></title>'), ['/a'])
  t.strictSame(paths('<title/><artist>a</artist>'), ['/a'])
  t.strictSame(paths('<title>a</title><artist/>'), ['/a'])
  t.strictSame(paths('<title>old</title><metadata><x_icy_title/></metadata>'), ['/a'])
  t.end()
})

test('an entry without a mount is left out', (t) => {
  const { mounts, unreadable } = read('<source mount="/a"/><source mount="b"><x/></source><source><x/></source>' +
    '<source mount="/c"><listeners>0</listeners></source><source mount="d"><title/></source>')
  t.match(mounts, [{ path: '/c', live: false, listeners: 0 }])
  t.equal(mounts.length, 1)
  t.strictSame(unreadable, [])
  t.end()
})

test('another document is refused, and so is that of a server that is starting', (t) => {
  t.throws(() => parseAdminStats(Buffer.from('<icestats/>')), { message: /it has no fields/ })
  t.throws(() => parseAdminStats(Buffer.from('<icestats><clients>0</clients></icestats>')), { message: /is starting/ })
  t.throws(() => parseAdminStats(Buffer.from('<iceresponse><message/></iceresponse>')), { message: /it has no icestats/ })
  t.throws(() => parseAdminStats(Buffer.from('{}')), { code: 'FST_ICECAST_BAD_DOCUMENT' })
  t.end()
})

test('a damaged document is read or refused', (t) => {
  for (const name of ['2.4/three-mp3.adminstats.http', '2.5/three.admin-stats.http', 'kh/three.admin-stats.http']) {
    fc.assert(fc.property(mutated(recording(name)), (body) => outcome(() => parseAdminStats(body)) !== null))
  }
  t.end()
})
