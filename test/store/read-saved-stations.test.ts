import { assert, anything, constant, dictionary, jsonValue, oneof, property, record, string, tuple, array } from 'fast-check'
import { test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { compileFields } from '../../lib/enrich/fields.ts'
import { trackSchemas } from '../../lib/schemas.ts'
import { readSavedStations } from '../../lib/store/read-saved-stations.ts'
import { memory } from './memory-store.ts'

const [past] = memory().history
const SEEN = { seenAt: memory().seenAt }
const UNKNOWN = { duration: null, endsAt: null, tags: null }

function tags (count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag${index}`, 'x']))
}

test('a saved station is read unchanged', async (t) => {
  const memories = new Map([['main', memory('A')], ['__proto__', memory('B')], ['', { ...memory('C'), track: null, history: [] }]])
  t.strictSame(readSavedStations(memories, null), memories)
  t.strictSame(readSavedStations(JSON.parse(JSON.stringify([...memories])), null), memories)
})

test('invalid parts are left out, and the rest is kept', async (t) => {
  const { track } = memory()
  const cases: Array<[what: string, given: unknown, read: unknown]> = [
    ['null', null, undefined],
    ['a text', JSON.stringify(memory()), undefined],
    ['no date', { ...memory(), seenAt: undefined }, undefined],
    ['a date that is none', { ...memory(), seenAt: '2026-13-32T25:00:00.000Z' }, undefined],
    ['a date of another form', { ...memory(), seenAt: 'Sun, 22 Nov 2026 05:15:00 GMT' }, undefined],
    ['a track that is none', { ...memory(), track: 'A' }, { ...memory(), track: null }],
    ['a history that is none', { ...memory(), history: { 0: past } }, { ...memory(), history: [] }],
    ['no history', { seenAt: SEEN.seenAt, track }, { ...memory(), history: [] }],
    ['a past track that is wrong', { ...memory(), history: [null, { ...past, endedAt: 5 }, past, { ...past, id: 1 }] }, memory()],
    ['a kind of another version', { ...memory(), track: { ...track, kind: 'podcast' } }, memory()],
    ['fields that nobody knows', { ...memory(), more: 1, track: { ...track, mood: 'blue' } }, memory()],
    ['a track of a version that did not know details', { ...memory(), track: { ...track, duration: undefined, endsAt: undefined, tags: undefined } }, { ...memory(), track: { ...track, ...UNKNOWN } }],
    ['wrong details', { ...memory(), track: { ...track, duration: 1.5, endsAt: 'soon', tags: { album: 5 } } }, { ...memory(), track: { ...track, ...UNKNOWN } }],
    ['more wrong details', { ...memory(), track: { ...track, duration: -1, endsAt: null, tags: 'Post' } }, { ...memory(), track: { ...track, ...UNKNOWN } }],
    ['too many tags', { ...memory(), track: { ...track, tags: tags(100) } }, { ...memory(), track: { ...track, tags: tags(32) } }],
    ...Object.keys(track ?? {}).filter((field) => !['kind', ...Object.keys(UNKNOWN)].includes(field)).map((field): [string, unknown, unknown] => [
      `a track with a wrong ${field}`, { ...memory(), track: { ...track, [field]: 5 } }, { ...memory(), track: null }
    ]),
    ['a text too long to be a title', { ...memory(), track: { ...track, text: 'x'.repeat(40_000) } }, { ...memory(), track: null }],
    ['more than anyone keeps', { ...memory(), history: Array(200).fill(past) }, { ...memory(), history: Array(100).fill(past) }]
  ]
  for (const [what, given, read] of cases) t.strictSame(readSavedStations([['wrong', given], ['main', memory('B')]], null).get('wrong'), read, what)
  const entries = [null, 5, 'main', [], [5, memory()], { 0: 'main', 1: memory() }, ['main', memory('B')]]
  t.strictSame(readSavedStations(entries, null), new Map([['main', memory('B')]]))
  t.equal(readSavedStations(Array.from({ length: 2000 }, (_, index) => [`${index}`, memory()]), null).size, 1000)
})

test('fields added by `enrich` are kept where they are declared and valid', async (t) => {
  const own = { artwork: 'https://covers.example/1.jpg', year: 1995 }
  const fields = await compileFields(Type.Object({ artwork: Type.String(), year: Type.Integer() }))
  t.strictSame(readSavedStations([['main', memory('A', own)]], fields).get('main'), memory('A', own))
  t.strictSame(readSavedStations([['main', memory('A', { ...own, year: 'last', more: true })]], fields).get('main'), memory('A', { artwork: own.artwork }))
  t.strictSame(readSavedStations([['main', memory('A', own)]], null).get('main'), memory('A'))
})

test('any value from a store gives valid stations or none', async (t) => {
  const { past: Past } = trackSchemas()
  const field = oneof(jsonValue(), constant(SEEN.seenAt), string())
  const track = oneof(dictionary(string(), field), record({
    id: field, text: field, artist: field, title: field, raw: field, kind: field, startedAt: field, audibleAt: field, duration: field, endsAt: field, tags: oneof(field, dictionary(string(), field)), mount: field, endedAt: field
  }, { requiredKeys: [] }), constant(past), anything())
  const given = oneof(anything(), record({ seenAt: field, track, history: oneof(array(track), anything()) }, { requiredKeys: [] }))
  assert(property(array(oneof(anything(), tuple(string(), given))), (entries) => {
    for (const { track, history } of readSavedStations(entries, null).values()) {
      const tracks = track === null ? history : [{ ...track, endedAt: track.startedAt }, ...history]
      if (!Value.Check(Past, tracks)) throw new Error(JSON.stringify(tracks))
    }
  }))
})
