import { test } from 'tap'
import { EnrichCache } from '../../lib/enrich/enrich-cache.ts'

const fields = { artwork: 'x' }
const DAY = 86_400_000

test('results are cached for a day, also empty ones, and failures for a minute', async (t) => {
  const songs = new EnrichCache()
  t.equal(songs.get('A', 0), undefined)
  songs.set('A', { fields }, 0)
  songs.set('B', { fields: null }, 0)
  songs.set('C', null, 0)
  t.strictSame(['A', 'B', 'C'].map((key) => songs.get(key, 59_999)), [fields, null, null])
  t.strictSame(['A', 'B', 'C'].map((key) => songs.get(key, DAY - 1)), [fields, null, undefined])
  t.strictSame(['A', 'B', 'C'].map((key) => songs.get(key, DAY)), [undefined, undefined, undefined])
  songs.set('C', { fields }, DAY)
  t.strictSame(songs.get('C', 2 * DAY - 1), fields)
})

test('at most 1,000 songs are cached, and the least recently used is dropped', async (t) => {
  const songs = new EnrichCache()
  for (let song = 0; song < 1000; song++) songs.set(`${song}`, { fields }, 0)
  songs.get('0', 0)
  songs.set('1', { fields }, 0)
  for (const song of ['new', 'newer']) songs.set(song, { fields }, 0)
  t.strictSame(['0', '1', '2', '3', '4', 'newer'].map((key) => songs.get(key, 0) === fields), [true, true, false, false, true, true])
})
