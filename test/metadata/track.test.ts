import { test } from 'tap'
import { readTrack } from '../../lib/metadata/track.ts'
import type { ParseTrack, ReadTrackOptions, TrackText } from '../../lib/metadata/track.ts'

const options = { mount: '/main.mp3', station: 'main' }

/** The track; fails for anything else. */
function trackOf (result: ReturnType<typeof readTrack>): TrackText {
  if (result === null || result === 'not a track') throw new Error('no track')
  return result
}

/** A hook as a user writes it in JavaScript, without types. */
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
  ['a lone dash', null, '-', null],
  ['a lone dash apart', 'A', '-', { text: 'A', artist: 'A', title: null, raw: 'A - -' }],
  ['a lone dash of Windows-1252', null, '\u0096', null],
  ['a dash twice', null, '- - -', null],
  ['an unknown title', null, 'Unknown', null],
  ['an untitled title', null, ' (Untitled) ', null],
  ['an unknown artist and title', null, 'Unknown - Unknown', null],
  ['an unknown artist and title apart', 'Unknown Artist', 'Unknown Title', null],
  ['an unknown artist', null, 'Unknown - Hyperballad',
    { text: 'Hyperballad', artist: null, title: 'Hyperballad', raw: 'Unknown - Hyperballad' }],
  ['a song named Untitled', null, 'Interpol - Untitled',
    { text: 'Interpol - Untitled', artist: 'Interpol', title: 'Untitled', raw: 'Interpol - Untitled' }],
  ['a song whose title has a placeholder in it', null, 'The Unknown',
    { text: 'The Unknown', artist: null, title: 'The Unknown', raw: 'The Unknown' }],
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

test('a charset applies to artist, title and what a hook returns', async t => {
  const russian: ReadTrackOptions = { ...options, charset: 'windows-1251' }
  const expected = { text: 'Привет - Кино', artist: 'Привет', title: 'Кино', raw: 'Ïðèâåò - Êèíî' }
  t.same(readTrack({ artist: null, title: 'Ïðèâåò - Êèíî' }, russian), expected)
  t.same(readTrack({ artist: 'Ïðèâåò', title: 'Êèíî' }, russian), expected)
  const parseTrack: ParseTrack = raw => ({ artist: raw.slice(0, 6), title: raw.slice(9) })
  t.same(readTrack({ artist: null, title: 'Ïðèâåò - Êèíî' }, { ...russian, parseTrack }), expected)
})

test('a hook receives the raw title, its mount and its station', async t => {
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

test('a hook is not called for a blank title', async t => {
  readTrack({ artist: null, title: ' ' }, { ...options, parseTrack: () => { t.fail() } })
})

const answers: Array<[why: string, parseTrack: ParseTrack, expected: Partial<TrackText> | 'not a track' | null]> = [
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
  test(`a hook that ${why}: the default is used, and the error is reported`, async t => {
    const errors: unknown[] = []
    const onHookError = (error: unknown) => { errors.push(error) }
    const expected = { text: 'A - B', artist: 'A', title: 'B', raw: 'A - B' }
    t.same(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack, onHookError }), expected)
    t.same(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack }), expected, 'with nobody to tell')
    t.equal(errors.length, 1)
    t.type(errors[0], TypeError)
  })
}

test('a placeholder that `parseTrack` returns is published as it is', async t => {
  const track = trackOf(readTrack({ artist: null, title: 'A' }, { ...options, parseTrack: () => ({ artist: null, title: 'Unknown' }) }))
  t.equal(track.text, 'Unknown')
})

test('a wrapper that is longer than a published text is removed', async t => {
  const title = `Adele - text="Hello" song_spot="M" amgArtworkURL="http://example.org/${'a'.repeat(1500)}"`
  t.match(readTrack({ artist: null, title }, options), { text: 'Adele - Hello', artist: 'Adele', title: 'Hello' })
})

test('every published text of a track is bounded', async t => {
  const track = trackOf(readTrack({ artist: 'a'.repeat(1e5), title: 'b'.repeat(1e5) }, options))
  t.equal(track.raw.length, 1_024)
  t.equal(track.text.length, 512)
  t.equal(track.artist?.length, 512)
  t.equal(track.title?.length, 512)
})

test('a title for which `parseTrack` returns null is not a track', async (t) => {
  t.equal(readTrack({ artist: null, title: 'A - B' }, { ...options, parseTrack: () => null }), 'not a track')
})
