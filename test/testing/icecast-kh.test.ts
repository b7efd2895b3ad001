import { test } from 'tap'
import { fakeIcecast, type FakeIcecast, type SourceOptions, type Title } from '../../lib/testing/index.ts'
import { admin, lab, replay, same, without, type Ask, type Scene } from './recordings.ts'

const radioTest: SourceOptions = {
  name: 'Radio Test',
  description: 'A test station',
  genre: 'Jazz',
  url: 'http://example.org/',
  bitrate: 64,
  audioInfo: 'ice-samplerate=48000;ice-bitrate=64;ice-channels=1',
  userAgent: 'silent-source'
}
const onAir: SourceOptions = { ...radioTest, charset: 'UTF-8' }
const noise: SourceOptions = { name: 'Noise', userAgent: 'Lavf/59.27.100' }
const ogg: SourceOptions = {
  name: 'Ogg Radio', description: 'Desc', genre: 'Ambient', url: 'http://example.org/', userAgent: 'Lavf/59.27.100', contentType: 'application/ogg'
}

const counters = /<((?:\w+_)?(?:clients|connections|bytes_read|bytes_sent|kbytes_\w+|bitrate|kbitrate|size)|connected)>\d+</g
const normalise = (answer: string): string => without(answer,
  [counters, '<$1>N<'],
  // What is configured is a figure as well.
  [/<ice-bitrate>\d+</g, '<ice-bitrate>N<'])

const stats: Ask = { path: '/admin/stats', auth: admin }
const streams: Ask = { path: '/admin/streams', auth: 'relay:hackme' }

const one = (name: string, path = stats.path): Scene['answers'] => ({ [`${name}.admin-stats.http`]: { ...stats, path } })
const both = (name: string): Scene['answers'] => ({ ...one(name), [`${name}.streams.http`]: streams })

const alone = (mount: string, source: SourceOptions, ...titles: Title[]) => (icecast: FakeIcecast): void => {
  icecast.source(mount, source)
  for (const title of titles) icecast.title(mount, title)
}
const utf8 = (...titles: Title[]): (icecast: FakeIcecast) => void => alone('/utf8.mp3', onAir, ...titles)
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')

/** One source that stays on. */
const series: [recording: string, title: Title][] = [
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
  ['meta-digits25', '1234567890123456789012345'],
  ['meta-True', 'True'],
  ['meta-null', 'null'],
  ['meta-quotes-backslash', 'He said "hi" \\ it\'s <b>&amp; & </b> a;b=\'c'],
  ['meta-tab', 'a\tb'],
  ['meta-crlf', 'x\r\ny'],
  ['meta-broken-utf8', Buffer.from('6162e282202d20f09f', 'hex')],
  ['meta-latin1-charset-param', { song: latin1('Café - über'), charset: 'ISO-8859-1' }],
  ['meta-html-entities', '&#1050;&#1080; &eacute;'],
  ['meta-percent', '100%25 %41'],
  ['meta-leading-trailing-space', '  a - b  '],
  ['meta-reset', 'Before Empty - X'],
  ['meta-reset', ''],
  ['meta-reset2', 'Before Space - X'],
  ['meta-reset3', 'Before Both Empty - X'],
  ['meta-title-empty-artist-set', { artist: 'A', title: '' }]
]

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
  { title: 'no source', play: () => {}, answers: both('nosource') },
  {
    title: 'what is refused, and what is not',
    play: () => {},
    answers: {
      'nosource.status-json.http': '/status-json.xsl',
      'wrongpw-admin-stats.http': { path: stats.path, auth: 'admin:no' },
      'stats-auth-none.http': { path: '/', method: 'STATS', version: '1.0' },
      'stats-auth-relay.http': { path: '/', method: 'STATS', version: '1.0', auth: 'relay:hackme' },
      'nosource.admin-stats.http': { ...stats, path: '/admin/publicstats.json' }
    }
  },
  {
    title: 'at the limit of clients',
    play: icecast => icecast.fail('limit'),
    answers: {
      'clientlimit-admin-publicstats.json.http': '/admin/publicstats.json',
      'nosource.admin-stats.http': stats
    }
  },
  { title: 'starting', play: icecast => icecast.fail('starting'), answers: both('nosource') },
  { title: 'a source without a title', play: utf8(), answers: both('one-mp3-notitle') },
  {
    title: 'a source with a title',
    play: utf8('Artist - Title'),
    answers: { ...both('one-mp3'), ...one('one-mp3-mountparam', '/admin/stats?mount=/utf8.mp3'), ...one('one-mp3-unknownmount', '/admin/stats?mount=/nope.mp3') }
  },
  {
    title: 'a listener',
    play: icecast => {
      utf8('Artist - Title')(icecast)
      icecast.listeners('/utf8.mp3', 1)
    },
    answers: both('one-mp3-listener')
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
      alone('/opus.ogg', { ...ogg, subtype: 'Opus' }, { artist: 'Opus Artist', title: 'Opus Title' })(icecast)
    },
    answers: both('three')
  },
  {
    title: 'a hidden mount beside a visible one',
    play: icecast => {
      utf8('Artist - Title')(icecast)
      icecast.listeners('/utf8.mp3', 1)
      icecast.listeners('/utf8.mp3', 0)
      alone('/hidden.mp3', { ...onAir, hidden: true }, 'Secret - Song')(icecast)
    },
    answers: { ...both('hidden-plus-one'), ...one('hidden-asked-by-name', '/admin/stats?mount=/hidden.mp3') }
  },
  { title: 'a hidden mount alone', play: alone('/hidden.mp3', { ...onAir, hidden: true }, 'Secret - Song'), answers: both('hidden-only') },
  {
    title: 'a mount that is not configured, with a space in its name',
    play: alone('/my radio.mp3', { name: 'True', description: '1999', genre: '-', url: 'x' }),
    answers: both('odd-fields')
  },
  {
    title: 'AAC',
    play: alone('/aac', { ...noise, contentType: 'audio/aac', stats: { mpeg_channels: '2' } }, 'Aac - Song'),
    answers: one('aac')
  },
  {
    title: 'Vorbis',
    play: alone('/vorbis', {
      ...noise, contentType: 'audio/ogg', subtype: 'Vorbis', stats: { audio_bitrate: '96000', audio_channels: '2', audio_samplerate: '48000', 'ice-bitrate': '96' }
    }, { artist: 'Vorbis Artist', title: 'Vorbis Title' }),
    answers: one('vorbis')
  },
  {
    title: 'Opus, whose titles kh does not know',
    play: alone('/opus-audio-ogg', { ...noise, contentType: 'audio/ogg', subtype: 'Opus' }, { artist: 'Opus Artist', title: 'Opus Title' }),
    answers: one('opus-audio-ogg')
  }
]

test('kh responds like the real server', async t => replay(t, 'kh', scenes, normalise))

test('kh responds like the real server during a long-running source', async t => {
  await using icecast = await fakeIcecast({ ...lab, version: 'kh' })
  icecast.source('/utf8.mp3', onAir)
  for (const [recording, title] of series) {
    icecast.title('/utf8.mp3', title)
    await same(t, icecast, 'kh', one(recording), normalise)
  }
})

for (const [mount, source] of [['plain', radioTest], ['latin1', { ...radioTest, charset: 'ISO-8859-1' }]] as const) {
  test(`kh responds like the real server for a mount in any charset: ${mount}`, async t => {
    await using icecast = await fakeIcecast({ ...lab, version: 'kh' })
    icecast.source(`/${mount}.mp3`, source)
    for (const [name, title] of charsets) {
      icecast.title(`/${mount}.mp3`, title)
      if (!unrecorded.has(`${mount}-${name}`)) await same(t, icecast, 'kh', one(`charset-${mount}-${name}`), normalise)
    }
  })
}
