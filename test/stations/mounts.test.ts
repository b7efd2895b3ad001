import { test } from 'tap'
import { date, Radio } from './helper.ts'

const stations = { main: { mounts: ['/mp3', '/opus', '/aac'] } }

test('a station shows the title of its first live mount that has one', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/aac': 'from aac', '/opus': { title: null, name: 'Opus' }, '/other': 'other' })
  t.match(radio.station(), {
    name: 'Opus',
    track: { text: 'from aac', mount: '/aac' },
    mounts: [{ path: '/mp3', live: false }, { path: '/opus', live: true }, { path: '/aac', live: true }]
  })
})

test('the same song on a fallback is the same play on another mount', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/mp3': 'A', '/opus': 'A' })
  const before = radio.station()
  radio.reports(2, { '/mp3': { live: false, title: 'A' }, '/opus': 'A' })
  t.strictSame(radio.station().track, { ...before.track, mount: '/opus' })
  t.match(radio.station(), { status: 'live', statusSince: date(1), history: [] })
  radio.reports(3, { '/mp3': { title: null }, '/opus': 'A' })
  radio.reports(4, { '/mp3': 'A', '/opus': 'A' })
  t.strictSame(radio.station().track, before.track)
})

test('a preferred mount that reconnects keeps its track, and no later mount replaces it meanwhile', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/mp3': 'A', '/opus': 'Non-stop music' })
  const { track } = radio.station()
  t.strictSame(radio.reports(2, { '/mp3': { title: null }, '/opus': 'Non-stop music' }), [])
  t.strictSame(radio.reports(3, { '/mp3': 'A', '/opus': 'Non-stop music' }), [])
  t.strictSame(radio.station().track, track)
  t.strictSame(radio.station().history, [])
})

test('a preferred mount without a title gives way to a later one after `hold`, without a report', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/mp3': 'A', '/opus': 'Non-stop music' })
  radio.reports(2, { '/mp3': { title: null }, '/opus': 'Non-stop music' })
  t.match(radio.passes(11), [])
  t.match(radio.passes(13), [{ station: { track: { text: 'Non-stop music', mount: '/opus' }, history: [{ text: 'A', endedAt: date(2) }] } }])
})

test('a later mount that loses its title gives way to a preferred one at once', async (t) => {
  const radio = new Radio({ stations })
  radio.reports(1, { '/opus': 'Non-stop music' })
  radio.reports(2, { '/mp3': 'A', '/opus': { title: null } })
  t.match(radio.station().track, { text: 'A', mount: '/mp3' })
})

test('name, description and genre of a source are repaired once per text', async (t) => {
  const read: string[] = []
  const radio = new Radio({ stations, readText: (text) => { read.push(text); return text.trim() } })
  const about = { name: ' Radio ', description: ' ', genre: 'Jazz' }
  radio.reports(1, { '/mp3': about })
  radio.reports(2, { '/mp3': { ...about, title: 'A' } })
  t.match(radio.station(), { name: 'Radio', description: null, genre: 'Jazz' })
  t.strictSame(read, [' Radio ', ' ', 'Jazz'])
  radio.reports(3, { '/mp3': { ...about, name: '' } })
  t.equal(radio.station().name, 'main')
})

test('a mount in two stations changes both', async (t) => {
  const radio = new Radio({ stations: { a: { mounts: ['/one', '/two'] }, b: { mounts: ['/two'] } } })
  t.equal(radio.reports(1, { '/two': 'T' }).length, 2)
  t.strictSame(['a', 'b'].map((id) => radio.station(id).track?.text), ['T', 'T'])
})

test('a report publishes only the stations that it changes', async (t) => {
  const radio = new Radio({ stations: { a: { mounts: ['/a'] }, b: { mounts: ['/b'] } } })
  radio.reports(1, { '/a': 'A', '/b': 'B' })
  t.strictSame(radio.reports(2, { '/a': 'A', '/b': 'C' }).map(({ station }) => station.id), ['b'])
})

test('configured stations keep their order, and no station is discovered', async (t) => {
  const radio = new Radio({ stations: { z: { mounts: ['/z'] }, a: { mounts: ['/a'] } } })
  radio.reports(1, { '/a': 'A', '/m': 'M', '/z': 'Z' })
  t.strictSame(radio.state.list.map(({ id }) => id), ['z', 'a'])
  t.equal(radio.state.get('m'), undefined)
})
