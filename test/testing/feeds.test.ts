import { test, type Test } from 'tap'
import { fakeIcecast, type FakeIcecast, type SourceOptions, type Title, type Version } from '../../lib/testing/index.ts'
import { lab } from './recordings.ts'
import { FeedReader, transcript } from './transcripts.ts'

/** Without a remark nothing is compared. */
type Step = [remark: string | null, act: (icecast: FakeIcecast) => void | Promise<void>]

const audioInfo = 'ice-samplerate=48000;ice-bitrate=64;ice-channels=1'
const radioTest: SourceOptions = {
  name: 'Radio Test',
  description: 'A test station',
  genre: 'Jazz',
  url: 'http://example.org/',
  bitrate: 64,
  audioInfo,
  userAgent: 'silent-source',
  charset: 'UTF-8'
}
const second: SourceOptions = { name: 'Second' }
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const title = (mount: string, title: Title) => (icecast: FakeIcecast): void => icecast.title(mount, title)

/** A mount that is no part of the scene: what is said of it tells where a step ends. */
const mark: SourceOptions = { contentType: 'audio/ogg', subtype: 'Vorbis' }

/** Acts step by step, and compares what the feed says with what the real one said. */
async function follow (
  t: Test, version: Version, file: string, icecast: FakeIcecast, feed: FeedReader, steps: Step[], kept: (line: string) => string | null
): Promise<void> {
  const recorded = transcript(version, file)
  let marks = 0
  const said = async (): Promise<string[]> => {
    icecast.title('/mark', `<<${++marks}>>`)
    return (await feed.until(`<<${marks}>>`)).split('\n').slice(1, -1)
  }
  const normalise = (lines: string[]): string[] =>
    lines.filter(line => !line.includes('/mark')).map(kept).filter(line => line !== null)
  await feed.until('\r\n\r\n')
  await said()
  for (const [remark, act] of steps) {
    await act(icecast)
    const lines = normalise(await said())
    if (remark !== null) t.same(lines, normalise(recorded.get(remark) ?? ['not in the transcript']), remark)
  }
}

/** Leaves out what the fake does not count, and the figures of what it counts. */
function kept (line: string): string | null {
  if (/ (?:total_m?bytes_\w+|(?:outgoing|incoming)_k?bitrate|queue_size|connected) \d+$/.test(line)) return null
  return line
    .replace(/^(EVENT global \w+) \d+$/, '$1 N')
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d|\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d/, 'TIME')
    .replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/(?<=localhost:)\d+/, 'PORT')
}

test('2.4: STATS sends what the real server sent', async t => {
  await using icecast = await fakeIcecast(lab)
  const utf8: SourceOptions = { name: 'Radio Test', bitrate: 64, audioInfo, charset: 'UTF-8' }
  const hidden: SourceOptions = { ...utf8, hidden: true }
  const song = (song: Title): (icecast: FakeIcecast) => void => title('/utf8', song)
  const configured: SourceOptions = { charset: 'ISO-8859-1' }
  for (const [mount, options] of [['/utf8', utf8], ['/hidden', hidden]] as const) {
    icecast.source(mount, options)
    icecast.disconnect(mount)
  }
  icecast.fallback('/main', '/backup')
  icecast.source('/mark', mark)
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', 'admin:hackme')
  await follow(t, '2.4', 'stats-stream-annotated', icecast, feed, [
    ['one GET /status-json.xsl', async icecast => { await fetch(`${icecast.url}/status-json.xsl`) }],
    ['source /utf8 connects (PUT, ice-name, ice-bitrate, ice-audio-info)', icecast => icecast.source('/utf8', utf8)],
    ['updinfo song=Artist - Title', song('Artist - Title')],
    ['updinfo song: same title again', song('Artist - Title')],
    ['updinfo song: empty', song('')],
    ['updinfo song: one space', song(' ')],
    ['updinfo song: null', song('null')],
    ['updinfo song: quote+backslash', song('a"b\\c')],
    ['updinfo song: LF in title', song('x\nEVENT /fake title injected')],
    ['updinfo song: CRLF', song('x\r\ny')],
    ['updinfo song: tab', song('a\tb')],
    ['updinfo song: emoji cyrillic', song('🎵 Привет')],
    ['updinfo song: trailing space', song('abc ')],
    ['updinfo song = 180 x a', song('a'.repeat(180))],
    ['updinfo song = 181 x a', song('a'.repeat(181))],
    ['updinfo song=Caf\\xe9 (bad UTF-8)', song(latin1('Café'))],
    ['listener joins /utf8', icecast => icecast.listeners('/utf8', 1)],
    ['listener leaves', icecast => icecast.listeners('/utf8', 0)],
    ['source /utf8 closes its socket', icecast => icecast.disconnect('/utf8')],
    ['hidden source connects', icecast => icecast.source('/hidden', hidden)],
    ['updinfo song=Secret on hidden', title('/hidden', 'Secret')],
    ['hidden source closes', icecast => icecast.disconnect('/hidden')],
    ['source on mount with a space /my%20radio', icecast => {
      icecast.source('/my radio')
      icecast.title('/my radio', 'T')
      icecast.disconnect('/my radio')
    }],
    [null, icecast => icecast.source('/backup', configured)],
    ['/main connects (fallback to /backup)', icecast => icecast.source('/main', configured)],
    ['listener on /main', icecast => icecast.listeners('/main', 1)],
    ['/main drops', icecast => icecast.disconnect('/main')]
  // That nobody hears a mount is said now and then.
  ], line => / \/(?:main|backup) listeners 0$/.test(line) ? null : kept(line))
})

const steps25: Step[] = [
  ['updinfo song=Artist - Title', title('/utf8.mp3', 'Artist - Title')],
  ['same title re-sent', title('/utf8.mp3', 'Artist - Title')],
  ['updinfo artist=The Artist&title=The Title', title('/utf8.mp3', { artist: 'The Artist', title: 'The Title' })],
  ['updinfo song=Song After', title('/utf8.mp3', 'Song After')],
  ['updinfo song+url', title('/utf8.mp3', { song: 'With Url', url: 'http://example.org/c.jpg' })],
  ['updinfo song=Кино 🎵', title('/utf8.mp3', 'Кино 🎵 - Группа')],
  ['updinfo song="-"', title('/utf8.mp3', '-')],
  ['updinfo song="" (empty)', title('/utf8.mp3', '')],
  ['updinfo song=LF injection', title('/utf8.mp3', 'x\nEVENT /fake title injected')],
  ['updinfo song=CRLF', title('/utf8.mp3', 'x\r\ny')],
  ['updinfo song=SSE injection LFLF', title('/utf8.mp3', 'x\n\ndata: {"type":"vc"}\n\ny')],
  ['updinfo song=quotes backslash ctrl', title('/utf8.mp3', 'a"b\\c\td\u0001e\u001bf</x>&amp;')],
  ['updinfo song=250 chars', title('/utf8.mp3', `L250 ${'a'.repeat(245)}`)],
  ['updinfo song=Latin-1 bytes on the UTF-8 mount', title('/utf8.mp3', latin1('Café - über'))],
  ['updinfo song=back to normal', title('/utf8.mp3', 'Back - Normal')],
  ['listener A connects to /utf8.mp3', icecast => icecast.listeners('/utf8.mp3', 1)],
  ['listener B connects to /utf8.mp3', icecast => icecast.listeners('/utf8.mp3', 2)],
  ['listener A leaves', icecast => icecast.listeners('/utf8.mp3', 1)],
  ['listener B leaves', icecast => icecast.listeners('/utf8.mp3', 0)],
  ['source /second.mp3 connects', icecast => icecast.source('/second.mp3', second)],
  ['metadata on /second.mp3', title('/second.mp3', 'Sec - Ond')],
  ['source /second.mp3 closes its socket', icecast => icecast.disconnect('/second.mp3')],
  ['hidden source /hidden.mp3 connects', icecast => icecast.source('/hidden.mp3', { ...radioTest, hidden: true })],
  ['metadata on the hidden mount', title('/hidden.mp3', 'Secret - Song')],
  ['hidden source closes', icecast => icecast.disconnect('/hidden.mp3')]
]

/** A server as it was when the transcripts of 2.5 and kh begin. */
async function begun (version: Version): Promise<FakeIcecast> {
  const icecast = await fakeIcecast({ ...lab, version })
  icecast.source('/utf8.mp3', radioTest)
  for (const mount of ['/hidden.mp3', '/latin1.mp3']) {
    icecast.source(mount, { hidden: true })
    icecast.disconnect(mount)
  }
  icecast.source('/mark', mark)
  return icecast
}

test('2.5: STATS sends what the real server sent', async t => {
  await using icecast = await begun('2.5')
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', 'admin:hackme')
  await follow(t, '2.5', 'stats', icecast, feed, steps25, kept)
})

test('2.5: the event feed sends what the real server sent', async t => {
  await using icecast = await begun('2.5')
  const feed = new FeedReader(icecast, 'GET /admin/eventfeed HTTP/1.1', 'admin:hackme')
  await follow(t, '2.5', 'eventfeed-all', icecast, feed, steps25, line => {
    // It comes again at any time that the server finds.
    const isFlags = line.includes('source-flags-changed') && line.includes('/utf8.mp3')
    if (!line.startsWith('data: ') || isFlags) return null
    return kept(line)?.replace(/(?<="connection-(?:id|time)":)\d+/g, 'N').replace('"client-useragent":"lab-player/1.0",', '') ?? null
  })
})

test('kh: STATS sends the administrator what the real server sent', async t => {
  await using icecast = await begun('kh')
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', 'admin:hackme')
  await follow(t, 'kh', 'stats', icecast, feed, steps25, line => line.startsWith('EVENT global') ? null : kept(line))
})

test('kh: STATS sends a relay what the real server sent', async t => {
  await using icecast = await begun('kh')
  const feed = new FeedReader(icecast, 'STATS /admin/streams HTTP/1.0', 'relay:hackme')
  await follow(t, 'kh', 'stats-relaypw-streams', icecast, feed, steps25, line => line.startsWith('EVENT global') ? null : kept(line))
})

test('kh: STATS announces fallbacks like the real server', async t => {
  await using icecast = await fakeIcecast({ ...lab, version: 'kh' })
  icecast.source('/mark', mark)
  icecast.fallback('/main.mp3', '/backup.mp3')
  icecast.source('/backup.mp3', radioTest)
  icecast.source('/main.mp3', radioTest)
  icecast.listeners('/main.mp3', 1)
  const feed = new FeedReader(icecast, 'STATS / HTTP/1.0', 'admin:hackme')
  await follow(t, 'kh', 'fallback-stats', icecast, feed, [
    ['main drops', icecast => icecast.disconnect('/main.mp3')],
    ['main back', icecast => icecast.source('/main.mp3', radioTest)]
  ], line => line.startsWith('EVENT global') || line.startsWith('---') ? null : kept(line))
})

test('2.5: the event feed announces fallbacks like the real server', async t => {
  await using icecast = await fakeIcecast({ ...lab, version: '2.5' })
  icecast.source('/mark', mark)
  icecast.fallback('/main.mp3', '/backup.mp3')
  icecast.source('/backup.mp3', radioTest)
  icecast.source('/main.mp3', radioTest)
  icecast.listeners('/main.mp3', 1)
  const feed = new FeedReader(icecast, 'GET /admin/eventfeed HTTP/1.1', 'admin:hackme')
  const triggers = (line: string): string | null => {
    const [, trigger, mount] = /"trigger":"(.*?)","uri":"(.*?)"/.exec(line) ?? []
    return trigger === undefined || trigger === 'source-flags-changed' ? null : `${trigger} ${mount}`
  }
  await follow(t, '2.5', 'fallback-eventfeed', icecast, feed, [
    ['main drops', icecast => icecast.disconnect('/main.mp3')]
  ], triggers)
})

for (const [title, version, file, request, auth, end] of [
  ['2.4', '2.4', 'stats-stream-annotated', 'STATS / HTTP/1.0', 'admin:hackme', 'EVENT global stats_connections 0\n'],
  ['2.5', '2.5', 'stats', 'STATS / HTTP/1.0', 'admin:hackme', 'EVENT /utf8.mp3 user_agent silent-source\n'],
  ['kh', 'kh', 'stats', 'STATS / HTTP/1.1', 'admin:hackme', 'EVENT /utf8.mp3 metadata_updated '],
  ['kh, to a relay', 'kh', 'stats-relaypw-streams', 'STATS /admin/streams HTTP/1.1', 'relay:hackme', 'EVENT /utf8.mp3 metadata_updated ']
] as const) {
  test(`${title}: STATS begins like the real server's`, async t => {
    await using icecast = await fakeIcecast({ ...lab, version })
    if (version !== '2.4') {
      icecast.source('/utf8.mp3', radioTest)
      icecast.title('/utf8.mp3', 'First Artist - First Title')
    }
    const feed = new FeedReader(icecast, request, auth)
    const said = await feed.until(end)
    const real = (transcript(version, file).get('') ?? []).map(line => `${line}\n`).join('')
    const figures = (text: string): string[] => text.split('\n').map(kept).filter(line => line !== null)
    t.same(figures(said), figures(real.slice(0, real.indexOf(end.replace(/\d\n$/, '')))))
  })
}
