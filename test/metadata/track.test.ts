import { test } from 'tap'
import { readTrack } from '../../lib/metadata/track.ts'
import type { ParseTrack, ReadTrackOptions, TrackText } from '../../lib/metadata/track.ts'

const options = { mount: '/main.mp3', station: 'main' }

/** One that a user writes in JavaScript, without types. */
function untyped (answer: unknown): ParseTrack {
  return new Proxy<ParseTrack>(() => null, { apply: () => answer })
}

const rows: Array<[why: string, artist: string | null, title: string | null, expected: TrackText | null]> = [
  ['a joined title', null, 'Björk - Hyperballad',
    { text: 'Björk - Hyperballad', artist: 'Björk', title: 'Hyperballad', raw: 'Björk - Hyperballad' }],
  ['mangled letters', null, 'Bj\u00c3\u00b6rk - Hyperballad',
    { text: 'Björk - Hyperballad', artist: 'Björk', title: 'Hyperballad', raw: 'Bj\u00c3\u00b6rk - Hyperballad' }],
  ['artist and title apart', 'AC - DC', 'T - N - T',
    { text: 'AC - DC - T - N - T', artist: 'AC - DC', title: 'T - N - T', raw: 'AC - DC - T - N - T' }],
  ['mangled letters apart', 'Bj\u00c3\u00b6rk', '&#1055;',
    { text: 'Björk - П', artist: 'Björk', title: 'П', raw: 'Bj\u00c3\u00b6rk - &#1055;' }],
  ['an empty artist apart', '', 'A - B', { text: 'A - B', artist: 'A', title: 'B', raw: 'A - B' }],
  ['a blank artist apart', ' ', 'B', { text: 'B', artist: null, title: 'B', raw: '  - B' }],
  ['an artist alone', 'A', null, { text: 'A', artist: 'A', title: null, raw: 'A' }],
  ['an artist and a blank title', 'A', ' ', { text: 'A', artist: 'A', title: null, raw: 'A -  ' }],
  ['no artist on 2.4', null, ' - T2', { text: 'T2', artist: null, title: 'T2', raw: ' - T2' }],
  ['a wrapping within the title apart', 'Beatles', 'text="This Boy" song_spot="M"',
    { text: 'Beatles - This Boy', artist: 'Beatles', title: 'This Boy', raw: 'Beatles - text="This Boy" song_spot="M"' }],
  ['a number', null, '1.10', { text: '1.10', artist: null, title: '1.10', raw: '1.10' }],
  ['a lone dash', null, '-', { text: '-', artist: null, title: '-', raw: '-' }],
  ['a lone dash apart', 'A', '-', { text: 'A - -', artist: 'A', title: '-', raw: 'A - -' }],
  ['a lone dash of Windows-1252', null, '\u0096', { text: '–', artist: null, title: '–', raw: '\u0096' }],
  ['two empty fields', null, ' - ', null],
  ['two empty fields, empty artist', '', ' - ', null],
  ['nothing', null, null, null],
  ['empty', '', '', null],
  ['white space', null, ' \u00a0\t', null],
  ['marks that show nothing', null, '\u200b\u200f\ufeff', null],
  ['control characters', null, '\u0000\u0001', null],
  ['an artist of control characters', '\u0000', null, null],
  ['empty wrappings', null, 'title="",artist="",url=""', null]
]

for (const [why, artist, title, expected] of rows) {
  test(`a track: ${why}`, async t => { t.same(readTrack({ artist, title }, options), expected) })
}

test('a charset counts for artist, title and hook alike', async t => {
  const russian: ReadTrackOptions = { ...options, charset: 'windows-1251' }
  const expected = { text: 'Привет - Кино', artist: 'Привет', title: 'Кино', raw: 'Ïðèâåò - Êèíî' }
  t.same(readTrack({ artist: null, title: 'Ïðèâåò - Êèíî' }, russian), expected)
  t.same(readTrack({ artist: 'Ïðèâåò', title: 'Êèíî' }, russian), expected)
  const parseTrack: ParseTrack = raw => ({ artist: raw.slice(0, 6), title: raw.slice(9) })
  t.same(readTrack({ artist: null, title: 'Ïðèâåò - Êèíî' }, { ...russian, parseTrack }), expected)
})

test('a hook gets the raw title and where it is from', async t => {
  t.plan(2)
  readTrack({ artist: 'Bj\u00c3\u00b6rk', title: 'x' }, {
    ...options,
    parseTrack (raw, context) {
      t.equal(raw, 'Bj\u00c3\u00b6rk - x')
      t.same(context, { mount: '/main.mp3', station: 'main' })
      return null
    }
  })
})

test('a hook is not asked about nothing', async t => {
  readTrack({ artist: null, title: ' ' }, { ...options, parseTrack: () => { t.fail() } })
})

const answers: Array<[why: string, parseTrack: ParseTrack, expected: Partial<TrackText> | null]> = [
  ['says what it is', () => ({ artist: 'C', title: 'D', isrc: 'x' }), { text: 'C - D', artist: 'C', title: 'D', raw: 'A - B' }],
  ['knows only a title', () => ({ title: 'D' }), { text: 'D', artist: null, title: 'D', raw: 'A - B' }],
  ['knows only an artist', () => ({ artist: 'C', title: null }), { text: 'C', artist: 'C', title: null, raw: 'A - B' }],
  ['gives unclean text', () => ({ artist: ' \u0000C', title: 'D\n' }), { text: 'C - D', artist: 'C', title: 'D', raw: 'A - B' }],
  ['has nothing to show', () => ({ artist: null, title: ' ' }), null],
  ['leaves it to the default', () => undefined, { text: 'A - B', artist: 'A', title: 'B', raw: 'A - B' }]
]

for (const [why, parseTrack, expected] of answers) {
  test(`a hook that ${why}`, async t => {
    const onHookError = (error: unknown) => t.fail(String(error))
    t.same(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack, onHookError }), expected)
  })
}

const faults: Array<[why: string, parseTrack: ParseTrack]> = [
  ['throws', () => { throw new TypeError('mine') }],
  ['returns text', untyped('C - D')],
  ['returns true', untyped(true)],
  ['returns an empty object', () => ({})],
  ['returns a list', untyped(['C', 'D'])],
  ['returns a number for a title', untyped({ artist: 'C', title: 1999 })],
  ['has a getter that throws', untyped(Object.defineProperty({}, 'artist', { get () { throw new TypeError('mine') } }))],
  ['is async', untyped(Promise.resolve({ artist: 'C', title: 'D' }))],
  ['is async and fails', untyped(Promise.reject(new Error('later')))]
]

for (const [why, parseTrack] of faults) {
  test(`a hook that ${why}: the default stands, and the error is told`, async t => {
    const errors: unknown[] = []
    const onHookError = (error: unknown) => { errors.push(error) }
    const expected = { text: 'A - B', artist: 'A', title: 'B', raw: 'A - B' }
    t.same(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack, onHookError }), expected)
    t.same(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack }), expected, 'with nobody to tell')
    t.equal(errors.length, 1)
    t.type(errors[0], TypeError)
  })
}

test('raw is bounded, and so is what is shown', async t => {
  const track = readTrack({ artist: 'a'.repeat(1e5), title: 'b'.repeat(1e5) }, options)
  if (track === 'not a track') throw new Error('it is a track')
  t.equal(track?.raw.length, 16_384)
  t.equal(track?.artist?.length, 4_096)
  t.equal(track?.title?.length, 4_096)
})

test('a title for which `parseTrack` returns null is not a track', async (t) => {
  t.equal(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack: () => null }), 'not a track')
})
