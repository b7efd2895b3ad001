import { readdirSync } from 'node:fs'
import { test } from 'tap'
import type { FakeIcecast, SourceOptions, Title } from '../../lib/testing/index.ts'
import { admin, replay, without, type Scene } from './recordings.ts'

const audioInfo = 'ice-samplerate=48000;ice-bitrate=64;ice-channels=1'
const silent: SourceOptions = { name: 'Radio', bitrate: 64, audioInfo }
const radioTest: SourceOptions = { ...silent, name: 'Radio Test', description: 'Desc', genre: 'Test', url: 'http://example.org/' }
const vorbis: SourceOptions = {
  contentType: 'application/ogg',
  subtype: 'Vorbis',
  stats: { audio_bitrate: '48000', audio_channels: '1', audio_samplerate: '48000', 'ice-bitrate': '48' }
}

const json = '/status-json.xsl'
const stats = { path: '/admin/stats', auth: admin }

const normalise = (answer: string): string => without(answer,
  [/<((?:\w+_)?(?:clients|connections|bytes_read|bytes_sent))>\d+</g, '<$1>N<'])

const titles: Record<string, Title> = {
  0.5: '0.5',
  0: '0',
  '00': '00',
  '007': '007',
  '1,2': '1,2',
  '1979-space': '1979 ',
  '1e-plus': '1e+5',
  '1e': '1e',
  '1e5': '1e5',
  '1e999': '1e999',
  99: '99',
  False: 'False',
  NaN: 'NaN',
  TRUE: 'TRUE',
  'amp-entity': 'Tom &amp; Jerry',
  amp: 'Tom & Jerry',
  'backslash-quote': 'a\\"b',
  backslash: 'C:\\temp\\new',
  'c1-85': 'a\u0085b',
  'cdata-end': ']]>',
  combining: 'Cafe\u0301',
  crlf: 'line1\r\nline2',
  'ctrl-01': 'a\u0001b',
  'ctrl-08': 'a\bb',
  'ctrl-0c': 'a\fb',
  'ctrl-1f': 'a\u001fb',
  cyrillic: 'Кино - Группа крови',
  'dash-space': '- ',
  dash: '-',
  'del-7f': 'a\u007fb',
  dot5: '.5',
  empty: '',
  html: '<b>bold</b><script>alert(1)</script>',
  'lone-latin1': Buffer.from('Café', 'latin1'),
  'long-300': 'a'.repeat(300),
  'long-3900': 'b'.repeat(3900),
  'minus-zero-digit': '-01',
  minusInfinity: '-Infinity',
  newline: 'line1\nline2',
  nul: 'a\0b',
  null: 'null',
  overlong: Buffer.from('78c0af79', 'hex'),
  plus5: '+5',
  quote: 'He said "hi"',
  rtl: 'فيروز - نسم علينا \u202eabc שלום',
  'single-quote': "Don't Stop",
  'space-dash-space': ' - ',
  space: ' ',
  'space0.5': ' 0.5',
  tab: 'a\tb',
  true: 'true',
  u2028: 'a\u2028b',
  ufffe: 'a\ufffeb',
  undefined: 'undefined'
}

const xmlTitles: Record<string, Title> = {
  'c1-85': 'a\u0085b',
  'cdata-end': ']]>',
  crlf: 'a\r\nb',
  'ctrl-01': 'a\u0001b',
  'ctrl-1b': 'a\u001bb',
  dash: '-',
  empty: '',
  html: '<b>x</b>',
  'lead-trail': '  a  ',
  newline: 'a\nb',
  overlong: Buffer.from('78c0af79', 'hex'),
  quote: 'He "said" \\ x',
  surrogate: Buffer.from('eda0bd', 'hex'),
  true: 'true',
  ufffe: 'a\ufffeb'
}

const bytes: Record<string, Buffer> = {
  'cafe_UTF-8': Buffer.from('Café'),
  cafe_latin1: Buffer.from('Café', 'latin1'),
  'emoji_UTF-8': Buffer.from('🎵x'),
  'euro_UTF-8': Buffer.from('€5'),
  euro_cp1252_byte: Buffer.from('8035', 'hex'),
  'privet_UTF-8': Buffer.from('Привет'),
  privet_CP1251: Buffer.from('cff0e8e2e5f2', 'hex')
}
const charsets: Record<string, string> = { default: 'ISO-8859-1', latin1: 'ISO-8859-1', utf8: 'UTF-8' }

/** `charset-BYTES-param-CHARSET-mount-MOUNT.http`: what was sent, as what, to which mount. */
function charsetScene (file: string): Scene {
  const [, text = '', param = '', mount = ''] = /^charset-(.*)-param-(.*)-mount-(.*)\.http$/.exec(file) ?? []
  const charset = param === 'none' ? {} : { charset: param }
  return {
    title: `${text} declared as ${param} on a mount in ${mount}`,
    play: icecast => {
      icecast.source(`/${mount}`, { charset: charsets[mount] ?? '' })
      icecast.title(`/${mount}`, '__reset__')
      icecast.title(`/${mount}`, { song: bytes[text] ?? '', ...charset })
    },
    answers: { [file]: json }
  }
}

const main = '/main'
const backup = '/backup'
const three = (icecast: FakeIcecast): void => {
  for (const [mount, title] of [['/two', 'Two'], ['/one', 'One'], ['/three', 'Three']] as const) {
    icecast.source(mount, silent)
    icecast.title(mount, title)
  }
}
const fallback = (icecast: FakeIcecast): void => {
  icecast.fallback(main, backup)
  icecast.source(backup, silent)
  icecast.title(backup, 'Backup song')
}
const utf8 = (source: SourceOptions, ...titles: Title[]) => (icecast: FakeIcecast): void => {
  icecast.source('/utf8', source)
  for (const title of titles) icecast.title('/utf8', title)
}
const alone = (mount: string, source: SourceOptions, ...titles: Title[]) => (icecast: FakeIcecast): void => {
  icecast.source(mount, source)
  for (const title of titles) icecast.title(mount, title)
}
const both = (name: string): Scene['answers'] => ({ [`${name}.http`]: json, [`${name}.adminstats.http`]: stats })

const scenes: Scene[] = [
  { title: 'no source', play: () => {}, answers: { ...both('no-source'), 'after-disconnect.http': json } },
  {
    title: 'what is refused',
    play: () => {},
    answers: {
      'admin-unknown.http': '/admin/publicstats.json',
      'stats-unauthorized.http': { path: '/admin/stats', auth: 'admin:no' },
      'not-found.http': '/nope',
      'xsl-missing.http': '/nope.xsl',
      'method-HEAD.http': { path: json, method: 'HEAD' },
      'feed-unauthorized.http': { path: '/', method: 'STATS', auth: 'relay:hackme' },
      'no-source.http': { path: json, auth: 'admin:no' }
    }
  },
  { title: 'starting', play: icecast => icecast.fail('starting'), answers: { 'starting.http': json } },
  { title: 'at the limit of clients', play: icecast => icecast.fail('limit'), answers: { 'limit-clients-reached.http': json } },
  { title: 'a source without a title', play: utf8(radioTest), answers: both('one-mp3-title-missing') },
  { title: 'a source with a title', play: utf8(radioTest, 'Artist - Title'), answers: both('one-mp3') },
  {
    title: 'a source that has come again has no title',
    play: icecast => {
      utf8(radioTest, 'Artist - Title')(icecast)
      icecast.source('/utf8', radioTest)
    },
    answers: both('one-mp3-title-missing')
  },
  { title: 'a source that says nothing', play: alone('/bare', {}), answers: { 'bare-source-no-ice-headers.http': json } },
  {
    title: 'a listener',
    play: icecast => {
      alone('/withname', { name: 'Named only' }, 'X')(icecast)
      icecast.listeners('/withname', 1)
    },
    answers: { 'named-source-with-listener-titled.http': json }
  },
  {
    title: 'three sources',
    play: three,
    answers: {
      ...both('three-mp3'),
      'query-mount-one.http': `${json}?mount=/one`,
      'query-mount-encoded.http': `${json}?mount=%2Fone`,
      'query-mount-missing.http': `${json}?mount=/nope`,
      'query-mount-empty.http': `${json}?mount=`,
      'stats-unknown-mount.http': { ...stats, path: '/admin/stats?mount=/nope' }
    }
  },
  {
    title: 'two of three gone',
    play: icecast => {
      three(icecast)
      icecast.disconnect('/two')
      icecast.disconnect('/three')
    },
    answers: { 'back-to-one.http': json }
  },
  {
    title: 'a hidden mount beside a visible one',
    play: icecast => {
      alone('/hidden', { ...silent, hidden: true }, 'Secret')(icecast)
      icecast.source('/utf8', silent)
    },
    answers: { ...both('hidden-plus-visible'), 'hidden-mount-query.http': `${json}?mount=/hidden` }
  },
  { title: 'a fallback and no source', play: icecast => icecast.fallback(main, backup), answers: both('fallback-all-off') },
  { title: 'a fallback alone', play: fallback, answers: both('fallback-main-off') },
  {
    title: 'a fallback that took the listener over',
    play: icecast => {
      fallback(icecast)
      icecast.source(main, silent)
      icecast.listeners(main, 1)
      icecast.disconnect(main)
    },
    answers: both('fallback-main-dropped')
  },
  {
    title: 'a mount and its fallback',
    play: icecast => {
      fallback(icecast)
      alone(main, silent, 'Main song')(icecast)
      icecast.listeners(main, 1)
    },
    answers: both('fallback-both')
  },
  {
    title: 'a bad mount beside a good one',
    play: icecast => {
      alone('/a', {}, '-')(icecast)
      alone('/b', {}, 'Good')(icecast)
    },
    answers: { 'two-one-dash.http': json }
  },
  {
    title: 'statistics of the encoder\'s own',
    play: utf8({ audioInfo: 'title=Injected;artist=Evil;listeners=999;my key=1;a"b=2;mount=/x;<x>=3' }),
    answers: both('audio-info-injection')
  },
  {
    title: 'names that look like numbers',
    play: utf8({ name: '99', description: 'true', genre: '-', url: '0' }),
    answers: { 'server-name-99.http': json }
  },
  {
    title: 'artist and title',
    play: utf8(radioTest, { artist: 'The Artist', title: 'The Title' }),
    answers: { 'mp3-artist-title-params.http': json }
  },
  {
    title: 'an artist that stays on',
    play: utf8(radioTest, { artist: 'The Artist', title: 'The Title' }, 'Only Song', { title: 'Not taken' }),
    answers: { 'mp3-song-after-artist-title.http': json }
  },
  { title: 'an empty artist', play: utf8(radioTest, { artist: '', title: 'T2' }), answers: { 'mp3-artist-empty.http': json } },
  { title: 'AAC', play: alone('/a.aac', { contentType: 'audio/aac' }, 'AAC via admin'), answers: { 'aac-admin-song.http': json } },
  {
    title: 'Vorbis',
    play: alone('/v.ogg', { contentType: 'audio/ogg', subtype: 'Vorbis', stats: { 'ice-bitrate': '48' } },
      'The one before', { artist: 'Артист 1', title: 'Песня 1 "q" \\ 🎵' }),
    answers: both('vorbis-inband-artist-title')
  },
  {
    title: 'Vorbis with a title alone',
    play: alone('/vt.ogg', { ...vorbis, contentType: 'audio/ogg', stats: { ...vorbis.stats, audio_samplerate: '44100' } },
      { artist: 'An', title: 'earlier one' }, 'Only Title'),
    answers: { 'vorbis-title-only.http': json }
  },
  {
    title: 'Opus, whose titles 2.4 does not know',
    play: alone('/o.opus', { contentType: 'audio/ogg', subtype: 'Opus', userAgent: 'Lavf/59.27.100' }, { artist: 'A', title: 'T' }),
    answers: both('opus-inband-artist-title')
  },
  { title: 'WebM', play: alone('/w.webm', { contentType: 'audio/webm' }, 'No'), answers: { 'webm-admin-song.http': json } },
  ...Object.entries({
    'mount-case': '/Live',
    'mount-m3u': '/live.m3u',
    'mount-newline': '/a\nb',
    'mount-plus': '/a+b',
    'mount-question': '/q?x=1',
    'mount-quote': '/a"b\\c',
    'mount-slash': '/dir/sub/live.mp3',
    'mount-space': '/my radio',
    'mount-unicode-encoded': '/радио.mp3',
    'mount-xsl': '/live.xsl'
  }).map(([name, mount]) => ({ title: `a source on ${JSON.stringify(mount)}`, play: alone(mount, silent), answers: both(name) })),
  ...Object.entries(titles).map(([name, title]) => ({
    title: `the title ${name}`, play: utf8(radioTest, '__reset__', title), answers: { [`title-${name}.http`]: json }
  })),
  ...Object.entries(xmlTitles).map(([name, title]) => ({
    title: `the title ${name} in XML`,
    play: utf8({ bitrate: 64 }, '__reset__', title),
    answers: { [`xml-title-${name}.adminstats.http`]: stats }
  })),
  ...readdirSync(new URL('../fixtures/2.4/', import.meta.url)).filter(file => file.startsWith('charset-')).map(charsetScene)
]

test('2.4 responds like the real server', async t => replay(t, '2.4', scenes, normalise))
