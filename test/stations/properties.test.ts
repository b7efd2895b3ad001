import fc from 'fast-check'
import { test } from 'tap'
import { Value } from 'typebox/value'
import type { StationOptions } from '../../lib/options/options.ts'
import { trackSchemas, type Kind, type Station } from '../../lib/schemas.ts'
import { Radio, type MountInShort } from './helper.ts'

const schema = trackSchemas().station
const paths = ['/a', '/b', '/c', '/__proto__']
const short: fc.Arbitrary<MountInShort> = fc.oneof(
  fc.constantFrom('A', 'B', 'C', 'ad', null),
  fc.record({
    live: fc.boolean(),
    title: fc.constantFrom('A', 'B', null),
    artist: fc.constantFrom('X', null),
    name: fc.constantFrom('N', null),
    listeners: fc.constantFrom(0, 1, 2, null),
    listenerPeak: fc.constantFrom(0, 5, null)
  }, { requiredKeys: [] }))
const wait = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true }), fc.double({ min: 0, max: 100, noNaN: true }))
const step = fc.record({
  wait,
  server: fc.constantFrom(0, 1),
  what: fc.oneof(
    { weight: 4, arbitrary: fc.uniqueArray(fc.tuple(fc.constantFrom(...paths), short), { selector: ([path]) => path }) },
    fc.constantFrom('fail', 'pass')),
  clockError: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.double({ min: -1e8, max: 1e8, noNaN: true }))
})
const configured: Record<string, StationOptions> = { main: { mounts: ['/a', '/b'] }, c: { name: 'See', mounts: ['/c'] } }
const options = fc.record({
  stations: fc.constantFrom(undefined, configured),
  hold: fc.constantFrom(0, 1000, 10_000, 100_000),
  staleAfter: fc.constantFrom(0, 1000, 10_000),
  history: fc.constantFrom(0, 1, 3, 100),
  servers: fc.constantFrom(1, 2),
  delay: fc.constantFrom(0, 0, 500, 20_000),
  staleTrackAfter: fc.constantFrom(null, 5000),
  waitForEnrich: fc.constantFrom(0, 0, 300),
  hide: fc.constantFrom(new Set<Kind>(), new Set<Kind>(['ad']))
})

interface Limits { history: number, delay: number, waitForEnrich: number }

function checkStation ({ id, status, track, listeners, mounts, history }: Station, { history: limit, delay, waitForEnrich }: Limits): void {
  const isOnAir = mounts.some(({ live }) => live)
  const plays = history.map((past) => past.id).concat(track?.id ?? [])
  const wrong = [
    status === 'offline' && (isOnAir || listeners.current !== null),
    // A track is on its way to the ear, or waits.
    status === 'offline' && delay + waitForEnrich === 0 && track !== null,
    status === 'unknown' && (isOnAir || track !== null || history.length > 0),
    status === 'live' && !isOnAir,
    history.length > limit,
    new Set(plays).size !== plays.length,
    mounts.some((mount) => !mount.live && mount.listeners !== null)
  ].indexOf(true)
  if (wrong !== -1) throw new Error(`rule ${wrong} is broken by ${id}`)
}

test('published states satisfy the invariants for any reports and failures', async (t) => {
  fc.assert(fc.property(options, fc.array(step, { maxLength: 40 }), fc.double({ min: 0, max: 1e9, noNaN: true }), ({ stations, ...rest }, steps, from) => {
    const radio = new Radio(stations === undefined ? rest : { ...rest, stations }, from)
    const { state } = radio
    const versions = new Set([state.version])
    const published = new Map(state.list.map((station) => [station.id, station]))
    let now = 0
    for (const { wait, what, server, clockError } of steps) {
      now += wait
      radio.clockError = clockError
      const before = state.version
      // Ticking at each deadline on the way, it throws where one makes no progress.
      const changes = what === 'fail' ? radio.fails(now, server % rest.servers) : what === 'pass' ? radio.passes(now) : radio.reports(now, Object.fromEntries(what), server % rest.servers)
      if ((state.version === before) !== (changes.length === 0)) throw new Error('a version without a change, or a change without one')
      for (const { version, station, previous } of changes) {
        if (versions.has(version)) throw new Error('a version came twice')
        versions.add(version)
        if (previous !== published.get(station.id)) throw new Error('previous is not what was published before')
        if (previous !== undefined && JSON.stringify(previous) === JSON.stringify(station)) throw new Error('nothing changed')
        published.set(station.id, station)
        checkStation(station, rest)
        if (!Value.Check(schema, JSON.parse(JSON.stringify(station)))) throw new Error('not what was promised')
      }
      for (const station of state.list) if (published.get(station.id) !== station) throw new Error('changed in secret')
      if (state.list.length !== published.size) throw new Error('one is missing')
    }
    radio.passes(now + 1000)
    if (radio.deadline !== null) throw new Error('it never comes to rest')
  }), { numRuns: 1500 })
  t.pass()
})

test('a station whose source moves between servers is never offline', async (t) => {
  const moves = fc.record({ wait, server: fc.constantFrom(0, 1), what: fc.constantFrom('read', 'read', 'fail', 'move') })
  fc.assert(fc.property(fc.constantFrom(0, 1000, 10_000), fc.array(moves, { maxLength: 40 }), (staleAfter, steps) => {
    const radio = new Radio({ stations: configured, servers: 2, staleAfter })
    // Both have had it: who never had it isn't waited for.
    let home = 1
    for (const server of [0, 1]) radio.reports(0, { '/a': 'A' }, server)
    radio.reports(1, {}, 0)
    let now = 1
    let isFound = true
    for (const { wait, server, what } of steps) {
      // No two things are at the same moment.
      now += wait + 0.001
      if (what === 'fail') {
        radio.fails(now, server)
      } else if (what === 'read') {
        radio.reports(now, server === home ? { '/a': 'A' } : {}, server)
        isFound ||= server === home
      } else if (isFound) {
        // One that goes to and fro between two reads would have to be seen in flight.
        home = 1 - home
        isFound = false
      }
      if (radio.station('main').status === 'offline') throw new Error('it was on a server all the time')
    }
    for (const server of [0, 1]) radio.reports(now + 1, {}, server)
    radio.reports(now + 2, {}, 0)
    if (radio.station('main').status !== 'offline') throw new Error('each has said that it has gone')
  }), { numRuns: 1000 })
  t.pass()
})
