import Fastify from 'fastify'
import { test } from 'tap'
import { Value } from 'typebox/value'
import { ErrorSchema, MountSchema, trackSchemas } from '../lib/schemas.ts'
import { FST_ICECAST_UNKNOWN_STATION } from '../lib/errors.ts'
import { Radio } from './stations/helper.ts'

const schemas = trackSchemas()

/** A radio for each kind of state that can be published. */
function states (): Array<[kind: string, radio: Radio]> {
  const stations = { main: { name: 'Radio Main', mounts: ['/main', '/opus'] } }
  const everything = {
    title: 'Hyperballad',
    artist: 'Björk',
    name: 'N',
    description: 'D',
    genre: 'G',
    url: 'U',
    bitrate: 127.5,
    listeners: 3,
    listenerPeak: 7
  }
  const kinds: Array<[kind: string, act: (radio: Radio) => void, radio?: Radio]> = [
    ['unknown', () => {}],
    ['live, with all there is to know', (radio) => { radio.reports(1, { '/main': everything, '/opus': everything }) }],
    ['live, with nothing known', (radio) => {
      radio.reports(1, { '/main': { listenUrl: null, contentType: null, bitrate: null, listeners: null, listenerPeak: null } })
    }],
    ['live, with a history', (radio) => {
      for (const [at, title] of [...'ABCABC'].entries()) radio.reports(at, { '/main': title })
    }],
    ['live, the track gone', (radio) => {
      radio.reports(1, { '/main': 'A' })
      radio.reports(2, { '/main': null })
      radio.passes(100)
    }],
    ['stale, its track held', (radio) => {
      radio.reports(1, { '/main': everything })
      radio.fails(2)
      radio.passes(100)
    }],
    ['offline from the start', (radio) => { radio.reports(1, {}) }],
    ['offline, with a history', (radio) => {
      radio.reports(1, { '/main': everything })
      radio.reports(2, { '/main': { live: false } })
    }],
    ['offline, then stale', (radio) => {
      radio.reports(1, {})
      radio.fails(2)
      radio.passes(100)
    }],
    ['discovered', (radio) => { radio.reports(1, { '/__proto__': 'A', '/ü "\u2028\ud800': 'A \u0000 \ud800' }) }, new Radio()],
    ['no station at all', (radio) => { radio.reports(1, {}) }, new Radio()]
  ]
  return kinds.map(([kind, act, radio = new Radio({ stations })]) => {
    act(radio)
    return [kind, radio]
  })
}

test('every kind of state is as promised, and comes out of Fastify as it went in', async (t) => {
  const app = Fastify()
  const [first] = states()
  let radio = first?.[1] ?? new Radio()
  app.get('/', { schema: { response: { 200: schemas.nowPlaying } } }, async () => ({ version: radio.state.version, stations: [...radio.state.list] }))
  app.get('/station', { schema: { response: { 200: schemas.station } } }, async () => radio.station())
  t.teardown(() => app.close())

  const seen = new Set<string>()
  for (const state of states()) {
    const [kind] = state
    radio = state[1]
    const body = { version: radio.state.version, stations: [...radio.state.list] }
    const plain: unknown = JSON.parse(JSON.stringify(body))
    t.strictSame([...Value.Errors(schemas.nowPlaying, plain)], [], kind)
    t.strictSame((await app.inject('/')).json(), plain, kind)
    if (radio.state.list.length > 0) t.strictSame((await app.inject('/station')).json(), JSON.parse(JSON.stringify(radio.station())), kind)
    for (const { status } of radio.state.list) seen.add(status)
  }
  t.strictSame(seen, new Set(['unknown', 'live', 'stale', 'offline']))
})

test('nothing that was not promised is published', async (t) => {
  const promised = { track: schemas.track, past: schemas.past.items, mount: MountSchema, station: schemas.station }
  const names = (schema: keyof typeof promised) => Object.keys(promised[schema].properties).sort()
  for (const [kind, radio] of states()) {
    for (const station of radio.state.list) {
      t.strictSame(Object.keys(station).sort(), names('station'), kind)
      for (const mount of station.mounts) t.strictSame(Object.keys(mount).sort(), names('mount'))
      if (station.track !== null) t.strictSame(Object.keys(station.track).sort(), names('track'))
      for (const past of station.history) t.strictSame(Object.keys(past).sort(), names('past'))
    }
  }
})

test('our own errors are as promised too', async (t) => {
  const app = Fastify()
  t.teardown(() => app.close())
  app.get('/', { schema: { response: { 404: ErrorSchema } } }, async () => { throw new FST_ICECAST_UNKNOWN_STATION('x', 'There is `main`.') })
  const body: unknown = (await app.inject('/')).json()
  t.strictSame([...Value.Errors(ErrorSchema, body)], [])
  t.match(body, { statusCode: 404, code: 'FST_ICECAST_UNKNOWN_STATION', error: 'Not Found', message: 'There is no station `x`. There is `main`.' })
})
