import tap, { test } from 'tap'
import { StatusReader } from '../../lib/icecast/status-reader.ts'
import { createTitleReader } from '../../lib/metadata/title-reader.ts'
import { fakeIcecast, type Version } from '../../lib/testing/index.ts'
import { Day, FALLBACK, MAIN, OGG, type Planned } from './day.ts'
import { date, Radio } from './helper.ts'

tap.jobs = 2

const HISTORY = 10
const mounts = [MAIN, OGG, FALLBACK]

/** ms of real time that a read may take; in the day it takes none. */
const PATIENCE = 30_000
const HANGS = 30

function past (plays: readonly Planned[]): unknown {
  return plays.map(({ text, from, to }) => [text, date(from), date(to)])
}

const days: Array<[version: Version, delay: number]> = [['2.4', 0], ['2.4', 20], ['2.5', 20], ['kh', 0]]

for (const [version, delay] of days) {
  test(`a day of 300 songs on ${version}${delay > 0 ? `, ${delay} s ahead of the ear` : ''} is published as planned`, { buffered: true }, async (t) => {
    const day = new Day(300)
    const icecast = await fakeIcecast({ version })
    t.teardown(() => icecast.close())
    const server = new StatusReader({
      url: new URL(`${icecast.url}/`),
      authorization: version === 'kh' ? `Basic ${Buffer.from('admin:hackme').toString('base64')}` : null,
      maxBytes: 100_000,
      mounts: new Set(mounts),
      onAccountRejected: (error) => { throw error }
    })
    t.teardown(() => server.close())
    const radio = new Radio({
      stations: { main: { name: 'Radio Main', mounts } },
      delay: delay * 1000,
      history: HISTORY,
      hide: new Set(['jingle', 'ad']),
      ...createTitleReader({
        parseTrack: undefined,
        stations: null,
        kinds: [{ match: /^Jingle/, kind: 'jingle' }, { match: /^Werbung/, kind: 'ad' }, { match: /^On air/, kind: 'talk' }],
        onHookError: (error) => { throw error }
      })
    })

    for (const { at, acts, hangs } of day.happenings) {
      radio.passes(at)
      for (const act of acts) await act(icecast)
      const abort = new AbortController()
      const limit = setTimeout(() => abort.abort(), hangs ? HANGS : PATIENCE)
      const report = await server.read(abort.signal).catch(() => null)
      clearTimeout(limit)
      if (report === null) radio.fails(at)
      else radio.reads(at, report)
    }
    radio.passes(day.end + 100)

    const plays: unknown[] = []
    const statuses: unknown[] = []
    const fallbacks: unknown[] = []
    for (const { station: { track, status, statusSince, fallback, history }, previous, isNewPlay } of radio.changes) {
      if (isNewPlay && track !== null) {
        const { text, startedAt, audibleAt } = track
        plays.push([text, startedAt, audibleAt, history.map(({ text, startedAt, endedAt }) => [text, startedAt, endedAt])])
      }
      if (status !== previous?.status) statuses.push([statusSince, status])
      if (fallback !== previous?.fallback) fallbacks.push(fallback)
    }
    t.strictSame(plays, day.plays.map(({ text, from }, index) => [
      text, date(from), date(index === 0 ? from : from + delay), past(day.plays.slice(Math.max(0, index - HISTORY), index).reverse())
    ]))
    t.strictSame(statuses, day.statuses.map(([at, status]) => [date(at), status]))
    t.strictSame(fallbacks, day.fallbacks.map(([, fallback]) => fallback))
    t.ok(day.plays.length > 300)
  })
}
