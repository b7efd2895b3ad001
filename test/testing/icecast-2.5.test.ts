import { test } from 'tap'
import { fakeIcecast, type FakeIcecast, type SourceOptions, type Title } from '../../lib/testing/index.ts'
import { admin, lab, replay, same, without, type Scene } from './recordings.ts'

const audioInfo = 'ice-samplerate=48000;ice-bitrate=64;ice-channels=1'
const radioTest: SourceOptions = {
  name: 'Radio Test',
  description: 'A test station',
  genre: 'Jazz',
  url: 'http://example.org/',
  bitrate: 64,
  audioInfo,
  userAgent: 'silent-source'
}
const onAir: SourceOptions = { ...radioTest, charset: 'UTF-8' }
const noise: SourceOptions = { name: 'Noise', userAgent: 'Lavf/59.27.100' }
const ogg: SourceOptions = {
  name: 'Ogg Radio', description: 'Desc', genre: 'Ambient', url: 'http://example.org/', userAgent: 'Lavf/59.27.100', contentType: 'application/ogg'
}

const json = '/status-json.xsl'
const publicStats = '/admin/publicstats.json'
const stats = '/admin/stats'

/** The comments that an encoder adds of its own are of no interest here. */
const normalise = (answer: string): string => without(answer,
  [/<((?:\w+_)?(?:clients|connections|bytes_read|bytes_sent))>\d+</g, '<$1>N<'],
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'],
  [/<encoder>.*?<\/encoder>/g, ''],
  [/"encoder":".*?",/g, ''],
  [/<(?:album|date)>.*?<\/\w+>/g, ''],
  [/,"(?:album|date)":(?:".*?"|\d+)/g, ''])

/** Who may connect to a mount that is not in the configuration. */
const noRole = (answer: string): string => normalise(answer)
  .replace('"authentication":{"role":null}', '"authentication":null')
  .replace(/<authentication><role id="3".*?<\/authentication>/, '<authentication/>')

const three = (name: string, query = ''): Scene['answers'] => ({
  [`${name}.status-json.http`]: json + query,
  [`${name}.publicstats.json.http`]: publicStats + query,
  [`${name}.admin-stats.http`]: { path: stats + query, auth: admin }
})

const alone = (mount: string, source: SourceOptions, ...titles: Title[]) => (icecast: FakeIcecast): void => {
  icecast.source(mount, source)
  for (const title of titles) icecast.title(mount, title)
}
const utf8 = (...titles: Title[]): (icecast: FakeIcecast) => void => alone('/utf8.mp3', onAir, ...titles)

const fresh: Record<string, Title> = {
  '007': '007',
  '0x1F': '0x1F',
  '1e5': '1e5',
  '5point': '5.',
  True: 'True',
  'artist-only': { artist: 'Lonely' },
  'artist-title': { artist: 'The Artist', title: 'The Title' },
  crlf: 'x\r\ny',
  'ctrl-1b': 'a\u001bb',
  empty: '',
  'latin1-bytes': Buffer.from('Café - über', 'latin1'),
  lf: 'Line1\nEVENT /fake title injected',
  'neg-05': '-05',
  null: 'null',
  'one-space': ' ',
  point5: '.5',
  true: 'true'
}

/** One source that stays on: an artist sticks, and so do ten tracks. Those without a name were not recorded. */
const series: [recording: string | null, title: Title][] = [
  ['meta-normal', 'Artist - Title'],
  ['meta-three-parts', 'A - B - C'],
  ['meta-nodash', 'Just a title'],
  ['meta-artist-title', { artist: 'The Artist', title: 'The Title' }],
  ['meta-title-only', { title: 'Only Title' }],
  ['meta-song-after-artist-title', 'New Song'],
  ['meta-artist-only', { artist: 'Lonely' }],
  ['meta-artist-title-url', { artist: 'The Artist', title: 'The Title', url: 'http://example.org/cover.jpg' }],
  ['meta-artist-with-dash', { artist: 'AC - DC', title: 'T - N - T' }],
  ['meta-cyrillic', 'Кино - Группа крови'],
  ['meta-cjk', '坂本龍一 - 戦場のメリークリスマス'],
  ['meta-emoji', '🎵 DJ 👩\u200d🎤 - Ünïcödé ♥ “quotes” – dash'],
  ['meta-rtl', 'فيروز - نسم علينا الهوى'],
  ['meta-combining', 'Cafe\u0301 - e\u0301'],
  ['meta-dash', '-'],
  ['meta-space-dash-space', ' - '],
  ['meta-1999', '1999'],
  [null, '.5'],
  [null, '1e5'],
  [null, '007'],
  ['meta-digits25', '1234567890123456789012345'],
  [null, 'true'],
  ['meta-True', 'True'],
  ['meta-null', 'null'],
  ['meta-quotes-backslash', 'He said "hi" \\ it\'s <b>&amp; & </b> a;b=\'c'],
  ['meta-tab', 'a\tb'],
  [null, 'Line1\nEVENT /fake title injected'],
  ['meta-crlf', 'x\r\ny']
]

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const charsets: [name: string, title: Title][] = [
  ['cafe-utf8', 'Café - ü'],
  ['cafe-latin1', latin1('Café - ü')],
  ['cafe-utf8-charsetparam', { song: 'Café - ü', charset: 'UTF-8' }],
  ['cjk-utf8', '坂本 - 戦場'],
  ['cjk-utf8-charsetparam', { song: '坂本 - 戦場', charset: 'UTF-8' }],
  ['cp1252', latin1('it\u0092s')],
  ['emoji', '🎵 - x'],
  ['cyr-cp1251-param', { song: Buffer.from('cae8edee', 'hex'), charset: 'windows-1251' }],
  ['bogus-charset', { song: latin1('Bogus é'), charset: 'x-nope' }]
]

const unrecorded = new Set(['plain-cjk-utf8-charsetparam', 'plain-emoji', 'latin1-cjk-utf8', 'latin1-cyr-cp1251-param'])

const scenes: Scene[] = [
  { title: 'no source', play: () => {}, answers: three('nosource') },
  {
    title: 'what is refused',
    play: () => {},
    answers: {
      'wrongpw-status-json.xsl.http': { path: json, auth: 'admin:no' },
      'wrongpw-admin-stats.http': { path: stats, auth: 'admin:no' },
      'method-HEAD-status-json.xsl.http': { path: json, method: 'HEAD' },
      'method-HEAD-admin-publicstats.json.http': { path: publicStats, method: 'HEAD' },
      'method-OPTIONS-admin-publicstats.json.http': { path: publicStats, method: 'OPTIONS' },
      'method-TRACE-status-json.xsl.http': { path: json, method: 'TRACE' },
      'method-DELETE-admin-publicstats.json.http': { path: publicStats, method: 'DELETE' },
      'eventfeed-auth-none.http': '/admin/eventfeed',
      'eventfeed-query.json.http': { path: '/admin/eventfeed.json', auth: admin },
      'eventfeed-query_mount_nope.mp3.http': { path: '/admin/eventfeed?mount=/nope.mp3', auth: admin },
      'stats-auth-relay.http': { path: '/', method: 'STATS', auth: 'relay:no' }
    }
  },
  {
    title: 'starting',
    play: icecast => icecast.fail('starting'),
    answers: { 'startup-partial.status-json.http': json, 'startup-partial.publicstats.json.http': publicStats }
  },
  { title: 'a source without a title', play: utf8(), answers: three('one-mp3-notitle') },
  {
    title: 'a source with a title',
    play: utf8('Artist - Title'),
    answers: { ...three('one-mp3'), ...three('one-mp3-mountparam', '?mount=/utf8.mp3'), ...three('one-mp3-unknownmount', '?mount=/nope.mp3') }
  },
  {
    title: 'a listener',
    play: icecast => {
      utf8('Artist - Title')(icecast)
      icecast.listeners('/utf8.mp3', 1)
    },
    answers: three('one-mp3-listener')
  },
  {
    title: 'a listener gone, and two sources of Ogg beside',
    play: icecast => {
      utf8('Artist - Title')(icecast)
      icecast.listeners('/utf8.mp3', 1)
      icecast.listeners('/utf8.mp3', 0)
      alone('/vorbis.ogg', {
        ...ogg, subtype: 'Vorbis', stats: { audio_bitrate: '64000', audio_channels: '2', audio_samplerate: '48000', 'ice-bitrate': '64' }
      }, { artist: 'Vorbis Artist', title: 'Vorbis Title' })(icecast)
      alone('/opus.ogg', { ...ogg, subtype: 'Opus', stats: { audio_channels: '2', audio_samplerate: '48000' } },
        { artist: 'Opus Artist', title: 'Opus Title' })(icecast)
    },
    answers: three('three')
  },
  {
    title: 'a hidden mount beside a visible one',
    play: icecast => {
      utf8('Artist - Title')(icecast)
      icecast.listeners('/utf8.mp3', 1)
      icecast.listeners('/utf8.mp3', 0)
      alone('/hidden.mp3', { ...onAir, hidden: true }, 'Secret - Song')(icecast)
    },
    answers: { ...three('hidden-plus-one'), ...three('hidden-asked-by-name', '?mount=/hidden.mp3') }
  },
  {
    title: 'a hidden mount alone',
    play: alone('/hidden.mp3', { ...onAir, hidden: true }, 'Secret - Song'),
    answers: three('hidden-only')
  },
  {
    title: 'a mount that is not configured, with names that look like numbers',
    play: alone('/my radio.mp3', { name: 'True', description: '1999', genre: '-', url: 'x' }),
    answers: three('odd-fields')
  },
  { title: 'AAC', play: alone('/aac', { ...noise, contentType: 'audio/aac' }, 'Aac - Song'), answers: three('aac') },
  {
    title: 'Vorbis',
    play: alone('/vorbis', {
      ...noise, contentType: 'audio/ogg', subtype: 'Vorbis', stats: { audio_bitrate: '96000', audio_channels: '2', audio_samplerate: '48000', 'ice-bitrate': '96' }
    }, { artist: 'Vorbis Artist', title: 'Vorbis Title' }),
    answers: three('vorbis')
  },
  {
    title: 'Opus',
    play: alone('/opus-audio-ogg', { ...noise, contentType: 'audio/ogg', subtype: 'Opus', stats: { audio_channels: '2', audio_samplerate: '48000' } },
      { artist: 'Opus Artist', title: 'Opus Title' }),
    answers: three('opus-audio-ogg')
  },
  ...Object.entries(fresh).map(([name, title]) => ({ title: `the title ${name}`, play: utf8(title), answers: three(`fresh-${name}`) }))
]

test('2.5 responds like the real server', async t => replay(t, '2.5', scenes, normalise))

test('2.5 responds like the real server during a long-running source', async t => {
  await using icecast = await fakeIcecast({ ...lab, version: '2.5' })
  icecast.source('/utf8.mp3', onAir)
  for (const [recording, title] of series) {
    icecast.title('/utf8.mp3', title)
    if (recording !== null) await same(t, icecast, '2.5', three(recording), normalise)
  }
})

for (const mount of ['plain', 'latin1']) {
  test(`2.5 responds like the real server for a mount in ISO-8859-1: ${mount}`, async t => {
    await using icecast = await fakeIcecast({ ...lab, version: '2.5' })
    icecast.source(`/${mount}.mp3`, { ...radioTest, charset: 'ISO-8859-1' })
    for (const [name, title] of charsets) {
      icecast.title(`/${mount}.mp3`, title)
      if (!unrecorded.has(`${mount}-${name}`)) await same(t, icecast, '2.5', three(`charset-${mount}-${name}`), noRole)
    }
  })
}
