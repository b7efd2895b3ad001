import { randomUUID } from 'node:crypto'
import dns from 'node:dns'
import tap, { test, type Test } from 'tap'
import { fakeIcecast, type FakeIcecast, type Fault, type FaultOptions, type Version } from '../../lib/testing/index.ts'
import { fullServer } from '../helpers/full-server.ts'
import { plays, scenario, until, type ScenarioOptions } from '../helpers/station.ts'

// They mostly wait.
tap.jobs = 16

const BEGINS = /^Cannot read Icecast/
const ENDS = /is readable again$/

interface Place {
  t: Test
  icecast: FakeIcecast
  /** By which name it is known; it leads to 127.0.0.1. */
  host: string
}

interface Row {
  name: string
  /** FST_ICECAST_…, in the log. */
  code: string
  begin: (place: Place) => Promise<void>
  /** The versions that can fail so; all when absent. */
  versions?: Version[]
  settings?: ScenarioOptions
  /** Icecast isn't asked again for some seconds, unless the backend wants it. */
  isLong?: boolean
}

/** One of the fake's own. */
function fake (fault: Fault, code: string, { options = {}, ...more }: Partial<Row> & { options?: FaultOptions } = {}): Row {
  return {
    name: `${fault} ${JSON.stringify(options)}`,
    code,
    begin: ({ icecast }) => icecast.fail(fault, options),
    ...more
  }
}

const soon = { timeout: 800 }

/** Where names of ours lead to. */
const addresses = new Map<string, string>()
const { lookup } = dns
tap.intercept(dns, 'lookup', {
  value: (host: string, ...rest: unknown[]) => Reflect.apply(lookup, dns, [addresses.get(host) ?? host, ...rest])
})

const rows: Row[] = [
  fake('refused', 'UNREACHABLE'),
  fake('hang', 'TIMEOUT', { settings: soon }),
  fake('hang-body', 'TIMEOUT', { settings: soon }),
  fake('drip', 'TIMEOUT', { settings: soon }),
  fake('drip', 'TIMEOUT', { settings: soon, options: { interval: 20 } }),
  fake('reset', 'UNREACHABLE'),
  // The administrator's XML and 2.5's JSON have a length, and kh's XML, too.
  fake('truncated', 'UNREACHABLE'),
  fake('too-large', 'TOO_LARGE', { settings: { maxBytes: 100_000 } }),
  fake('too-large', 'TOO_LARGE', { settings: { maxBytes: 100_000 }, options: { bytes: 200_000 } }),
  fake('too-large', 'BAD_DOCUMENT', { options: { bytes: 200_000 } }),
  // Nothing packed is asked for, and so nothing is unpacked.
  fake('bomb', 'BAD_DOCUMENT', { settings: { maxBytes: 100_000 } }),
  fake('wrong-length', 'BAD_DOCUMENT'),
  fake('wrong-type', 'BAD_DOCUMENT'),
  fake('html', 'BAD_DOCUMENT'),
  fake('empty', 'BAD_DOCUMENT'),
  fake('not-json', 'BAD_DOCUMENT'),
  fake('not-http', 'UNREACHABLE'),
  fake('unauthorized', 'UNAUTHORIZED'),
  fake('limit', 'AT_LIMIT', { versions: ['2.4', '2.5'], isLong: true }),
  fake('starting', 'BAD_DOCUMENT', { versions: ['2.4', '2.5'] }),
  fake(404, 'NOT_FOUND'),
  fake(500, 'BAD_STATUS'),
  fake('redirect', 'BAD_STATUS'),
  {
    name: 'no DNS name',
    code: 'UNREACHABLE',
    begin: async ({ host }) => { addresses.set(host, 'no-such-host.invalid') }
  },
  {
    name: 'connections that are never made',
    code: 'TIMEOUT',
    settings: soon,
    async begin ({ t, host, icecast }) {
      await fullServer(t, '127.0.0.2', Number(new URL(icecast.url).port))
      addresses.set(host, '127.0.0.2')
    }
  }
]

for (const version of ['2.4', '2.5', 'kh'] as const) {
  for (const { name, code, begin, versions, settings, isLong = false } of rows) {
    if (versions?.includes(version) === false) continue

    const station = async (t: Test, more: ScenarioOptions = {}) => {
      const icecast = await fakeIcecast({ version })
      icecast.source('/main.mp3')
      icecast.title('/main.mp3', 'Held - Song')
      const host = `${randomUUID()}.invalid`
      addresses.set(host, '127.0.0.1')
      const scene = await scenario(t, {
        icecast,
        url: icecast.url.replace('127.0.0.1', host),
        live: false,
        // A fault that is no hanging is told as itself, however busy the machine is.
        timeout: 60_000,
        // Nobody but an administrator can read kh.
        ...version === 'kh' && { auth: { username: 'admin', password: 'hackme' } },
        ...settings,
        ...more
      })
      await until(scene.app, plays('Held - Song'))
      return { ...scene, host }
    }

    test(`${version}, ${name}: the station keeps its state as stale and recovers afterwards`, { buffered: true }, async (t) => {
      const { app, icecast, logs, host } = await station(t, { staleAfter: 100 })
      const [before] = app.nowPlaying.list()
      const statuses: string[] = []
      app.nowPlaying.on('status', ({ status }) => statuses.push(status))

      await begin({ t, icecast, host })
      await until(app, ([main]) => main?.status === 'stale')
      t.same(app.nowPlaying.get('main.mp3'), { ...before, status: 'stale', statusSince: app.nowPlaying.get('main.mp3')?.statusSince })
      icecast.title('/main.mp3', 'New - Song')
      addresses.set(host, '127.0.0.1')
      await icecast.recover()
      if (isLong) await app.nowPlaying.refresh()
      await until(app, plays('New - Song'))
      t.same(statuses, ['stale', 'live'], 'never offline')

      const told = logs.filter(({ msg }) => BEGINS.test(msg) || ENDS.test(msg))
      t.match(told, [{ level: 40, msg: BEGINS, err: { code: `FST_ICECAST_${code}` } }, { level: 30, msg: ENDS }], 'told once when it began, once when it ended')
      t.equal(told.length, 2)
      t.same(logs.filter(({ level }) => level > 40), [], 'and nothing else went wrong')
    })

    test(`${version}, ${name}: the app closes at once during the fault`, { buffered: true }, async (t) => {
      const { app, icecast, host } = await station(t, { timeout: 60_000, interval: 3_600_000 })
      await begin({ t, icecast, host })
      const reading = app.nowPlaying.refresh()
      if (code !== 'TIMEOUT') await reading
      await app.close()
      t.equal(await reading, false)
    })
  }
}

for (const [from, to, auth] of [
  ['2.4', '2.4', false], ['2.5', '2.5', false], ['kh', 'kh', true],
  ['2.4', '2.5', false], ['2.4', '2.5', true], ['2.5', '2.4', false], ['2.5', '2.4', true], ['2.4', 'kh', true], ['kh', '2.5', true]
] as const) {
  test(`the station stays live when ${from} is restarted as ${to}, ${auth ? 'with' : 'without'} an account`, { buffered: true }, async (t) => {
    const { app, icecast, page } = await scenario(t, {
      icecast: { version: from }, ...auth && { auth: { username: 'admin', password: 'hackme' } }
    })
    icecast.source('/main.mp3')
    icecast.source('/old.mp3')
    icecast.title('/main.mp3', 'Before - That')
    await until(app, plays('Before - That'))
    const listener = page()
    await listener.snapshot()
    icecast.restart({ version: to })
    icecast.source('/main.mp3')
    icecast.source('/new.mp3')
    icecast.title('/main.mp3', 'After - That')
    await listener.sees('After - That')
    await until(app, (stations) => stations.length === 3)
    t.same(app.nowPlaying.list().map(({ id, status }) => `${id} ${status}`), ['main.mp3 live', 'new.mp3 live', 'old.mp3 offline'])
    t.same(listener.updates.filter(({ station: { id, status } }) => id === 'main.mp3' && status !== 'live'), [])
  })
}

test('a jump of the wall clock changes only the published timestamps', async (t) => {
  const { app, icecast } = await scenario(t, { staleAfter: 5000, hold: 5000 })
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'One')
  await until(app, plays('One'))
  const statuses: string[] = []
  app.nowPlaying.on('status', ({ status }) => statuses.push(status))
  const { now } = Date
  for (const [title, days] of [['Two', 400], ['Three', -400], ['Four', 0]] as const) {
    t.intercept(Date, 'now', { value: () => now() + days * 86_400_000 })
    icecast.title('/main.mp3', title)
    await until(app, plays(title))
    const { startedAt } = app.nowPlaying.get('main.mp3')?.track ?? {}
    t.equal(Math.round((Date.parse(String(startedAt)) - now()) / 86_400_000), days)
  }
  t.same(app.nowPlaying.get('main.mp3')?.history.map(({ text }) => text), ['Three', 'Two', 'One'])
  t.same(statuses, [])
})
