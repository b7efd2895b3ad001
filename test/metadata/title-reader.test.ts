import { test } from 'tap'
import { createTitleReader, type Rules } from '../../lib/metadata/title-reader.ts'

const none: Omit<Rules, 'onHookError'> = { parseTrack: undefined, stations: null, kinds: [] }

test('names and titles of a station are read in its own charset', async (t) => {
  const { readTrack, readText } = createTitleReader({
    ...none, stations: new Map([['ru', { charset: 'windows-1251' }], ['de', {}]]), onHookError: () => t.fail()
  })
  const mount = { path: '/a', artist: null, title: 'Êèíî' }
  t.match(readTrack(mount, 'ru'), { text: 'Кино', raw: 'Êèíî' })
  t.match(readTrack(mount, 'de'), { text: 'Êèíî', raw: 'Êèíî' })
  t.equal(readText('Ðàäèî', 'ru'), 'Радио')
  t.equal(readText('Radio MÃ¼nchen\u0001', 'de'), 'Radio München')
})

test('tags are read in the charset of the station, bounded, and without those that are blank', async (t) => {
  const { readTrack } = createTitleReader({ ...none, stations: new Map([['ru', { charset: 'windows-1251' }]]), onHookError: () => t.fail() })
  const tags = { album: 'Êèíî', date: '1988', genre: '\u0001', comment: 'a'.repeat(2000) }
  const track = readTrack({ path: '/a', artist: null, title: 'Êèíî', tags }, 'ru')
  t.match(track, { tags: { album: 'Кино', date: '1988', genre: undefined, comment: 'a'.repeat(512) } })
  for (const tags of [null, {}, { genre: ' ' }]) t.notMatch(readTrack({ path: '/a', artist: null, title: 'A', tags }, 'ru'), { tags: Object })
})

test('without stations there is no charset', async (t) => {
  const { readText } = createTitleReader({ ...none, onHookError: () => t.fail() })
  t.equal(readText('Ðàäèî', 'ru'), 'Ðàäèî')
})

test('a failing hook is reported once for all stations, and the default is used', async (t) => {
  const told: unknown[] = []
  const { readTrack } = createTitleReader({
    ...none,
    parseTrack: (raw) => { throw new Error(raw) },
    kinds: [() => { throw new Error('kinds') }],
    onHookError: (error, hook) => told.push([hook, error])
  })
  for (const station of ['a', 'b', 'a']) {
    t.match(readTrack({ path: `/${station}`, artist: null, title: 'A - B' }, station), { artist: 'A', title: 'B' })
  }
  t.match(told, [['parseTrack', { message: 'A - B' }], ['kinds', { message: 'kinds' }]])
})

test('a name, description or genre of a source has at most 512 UTF-16 units', async (t) => {
  const { readText } = createTitleReader({ ...none, onHookError: () => t.fail() })
  t.equal(readText('a'.repeat(1024), 'main'), 'a'.repeat(512))
})
