import { anything, assert, property, record, string } from 'fast-check'
import { test } from 'tap'
import { FST_ICECAST_INVALID_DETAILS } from '../../lib/errors.ts'
import { repairEncoding } from '../../lib/metadata/repair-encoding.ts'
import { readDetails, toDetails } from '../../lib/metadata/track-details.ts'
import { shorten } from '../../lib/metadata/truncate.ts'

const readText = (text: string): string => shorten(repairEncoding(text))
const read = (given: unknown) => readDetails(given, readText)
const song = { artist: 'Björk', title: 'Jóga' }
const nothing = { duration: undefined, startedAt: undefined, kind: undefined, tags: {}, next: undefined }
const joga = { ...song, text: 'Björk - Jóga', ...nothing }

test('what a playout system tells is read', async (t) => {
  t.strictSame(read(song), joga)
  t.strictSame(read({ title: 'News' }), { ...nothing, artist: null, title: 'News', text: 'News' })
  t.strictSame(read({ artist: 'Björk', title: null }), { ...nothing, artist: 'Björk', title: null, text: 'Björk' })
  t.strictSame(read({ title: 'Björk - Jóga' }), joga, 'one text for both')
  t.strictSame(read({
    ...song,
    duration: 305_000.4,
    startedAt: '2026-11-22T05:12:31Z',
    kind: 'song',
    album: 'Homogenic',
    isrc: 'GBAYE9700116',
    date: '1997',
    genre: 'Electronic',
    label: 'One Little Indian',
    url: 'https://bjork.com',
    tags: { Composer: 'Björk', 'catalogue no': 'TPLP71', album: 'overruled', none: null },
    next: { artist: 'Lamb', title: 'Górecki' }
  }), {
    ...joga,
    duration: 305_000,
    startedAt: Date.UTC(2026, 10, 22, 5, 12, 31),
    kind: 'song',
    tags: { album: 'Homogenic', composer: 'Björk', 'catalogue no': 'TPLP71', isrc: 'GBAYE9700116', date: '1997', genre: 'Electronic', label: 'One Little Indian', url: 'https://bjork.com' },
    next: { text: 'Lamb - Górecki', artist: 'Lamb', title: 'Górecki' }
  })
})

test('a long artist and a long title make no longer text than other tracks have', async (t) => {
  const long = { artist: 'A'.repeat(512), title: 'B'.repeat(512) }
  const told = read({ ...long, next: long })
  t.match(told, { ...long, text: shorten(`${long.artist} - ${long.title}`), next: { text: told?.text } })
  t.equal(told?.text.length, 512)
})

test('what is not known may be null, undefined or left out', async (t) => {
  const fields = ['duration', 'startedAt', 'kind', 'album', 'isrc', 'date', 'genre', 'label', 'url', 'tags', 'next']
  for (const value of [null, undefined]) {
    t.strictSame(read({ ...song, ...Object.fromEntries(fields.map((field) => [field, value])) }), { ...joga, next: value })
  }
  t.strictSame(read({ ...song, duration: 0 }), joga, 'playout systems send 0 for a live item')
  t.strictSame(read({ ...song, duration: 0.2 }), { ...joga, duration: 1 })
  t.strictSame(read({ ...song, startedAt: new Date(5000) }), { ...joga, startedAt: 5000 })
})

test('placeholders that were not filled in are left out', async (t) => {
  for (const placeholder of ['$album', '%album%', '%l', '%wi', '{album}', '$' + '{album}', '{{album}}', '<album>', '[album]', '$next_title', '-', '--', '  ', '']) {
    t.strictSame(read({ ...song, album: placeholder, next: { artist: placeholder, title: placeholder } }), { ...joga, next: null }, placeholder)
    t.equal(read({ artist: placeholder, title: placeholder }), null, placeholder)
  }
  t.equal(read({ artist: '$artist', title: 'Unknown' }), null)
  for (const text of ['$ave Dat Money', '$uicideboy$', '100%', '%', '[Untitled]', 'Album', '#title', '$100']) t.match(read({ artist: 'X', title: text, album: text }), { title: text, tags: { album: text } }, text)
})

test('letters that went wrong on the way are repaired, and long texts are shortened', async (t) => {
  t.match(read({ artist: 'BjÃ¶rk', title: 'JÃ³ga', album: 'It\u0092s', next: { title: 'GÃ³recki' } }), { text: 'Björk - Jóga', tags: { album: 'It’s' }, next: { text: 'Górecki' } })
  t.equal(read({ title: 'x'.repeat(2000) })?.text.length, 512)
  const told = readDetails({ title: '\u00cd\u00e5\u00e1\u00ee' }, (text) => repairEncoding(text, 'windows-1251'))
  t.equal(told?.title, 'Небо')
})

test('what is wrong is refused by an error that names the field and what would be right', async (t) => {
  const cases: Array<[given: unknown, message: RegExp]> = [
    [null, /`details` is null; it should be an object such as/],
    ['Björk - Jóga', /`details` is "Björk - Jóga"; it should be an object/],
    [[song], /`details` is \[…\]/],
    [{}, /`title` is missing; it should be a text: the artist or the title is required/],
    [{ artist: null, title: null }, /`title` is null/],
    [{ ...song, title: 5 }, /`title` is 5; it should be a text, or null if it is not known/],
    [{ ...song, album: ['x'] }, /`album` is \[…\]; it should be a text/],
    [{ ...song, duration: '3:33' }, /`duration` is "3:33"; it should be a number of ms from 0 to 86400000, such as 213000 for 3:33/],
    [{ ...song, duration: -1 }, /`duration` is -1/],
    [{ ...song, duration: NaN }, /`duration` is NaN/],
    [{ ...song, duration: Infinity }, /`duration` is Infinity/],
    [{ ...song, startedAt: 'now' }, /`startedAt` is "now"; it should be a Date, or a text in ISO 8601 such as/],
    [{ ...song, startedAt: 5 }, /`startedAt` is 5/],
    [{ ...song, startedAt: '2026-13-13T00:00:00Z' }, /`startedAt` is/],
    [{ ...song, startedAt: new Date('x') }, /`startedAt` is/],
    [{ ...song, kind: 'music' }, /`kind` is "music"; it should be one of `song`, `jingle`, `ad`, `talk`, `unknown`/],
    [{ ...song, tags: 'x' }, /`tags` is "x"; it should be an object of texts/],
    [{ ...song, tags: { year: 1997 } }, /`tags.year` is 1997; it should be a text/],
    [{ ...song, tags: { __proto__: null, '': 'x' } }, /`tags.` is "x"; it should be under a name of at most 64 letters/],
    [{ ...song, tags: JSON.parse('{"__proto__":"x"}') }, /`tags.__proto__` is "x"/],
    [{ ...song, tags: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`t${index}`, 'x'])) }, /`tags` is 33; it should be at most 32 texts/],
    [{ ...song, next: 'Lamb' }, /`next` is "Lamb"; it should be an object such as `{ artist: 'Lamb', title: 'Górecki' }`, or null/],
    [{ ...song, next: { title: 5 } }, /`next.title` is 5; it should be a text/],
    [{ ...song, lenght: 5 }, /`lenght` is 5; it should be left out: the known fields are artist, title, duration, .*Put further texts into `tags`/],
    [{ ...song, tags: { lyrics: 'ä'.repeat(512), notes: 'ä'.repeat(512), more: 'ä'.repeat(512), last: 'ä'.repeat(512) } }, /`details` is \d+; it should be at most 3200 bytes of JSON/]
  ]
  for (const [given, message] of cases) t.throws(() => read(given), { code: 'FST_ICECAST_INVALID_DETAILS', statusCode: 400, message }, String(message))
})

test('what was read can be passed on and is read again unchanged', async (t) => {
  const told = read({ ...song, duration: 5, startedAt: new Date(5000), kind: 'ad', album: 'Homogenic', tags: { a: 'b' }, next: { title: 'News' } })
  t.not(told, null)
  if (told === null) return
  t.strictSame(readDetails(JSON.parse(JSON.stringify(toDetails(told))), (text) => text), told)
  t.strictSame(readDetails(toDetails(joga), (text) => text), joga)
})

test('any value is read or refused', async () => {
  const field = anything()
  const details = record({ artist: field, title: string(), duration: field, startedAt: field, kind: field, album: field, tags: field, next: field }, { requiredKeys: [] })
  assert(property(details, (given) => {
    try {
      read(given)
    } catch (error) {
      if (!(error instanceof FST_ICECAST_INVALID_DETAILS)) throw error
    }
  }))
})

test('an unknown field of `next` is refused', (t) => {
  t.throws(() => read({ ...song, next: { titel: 'x', artist: 'A' } }), { code: 'FST_ICECAST_INVALID_DETAILS', message: /next\.titel.*left out: the known fields are artist and title/ })
  t.match(read({ ...song, next: { text: 'Lamb - Górecki', artist: 'Lamb', title: 'Górecki' } }), { next: { text: 'Lamb - Górecki' } })
  t.end()
})
