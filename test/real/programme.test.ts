import { test, type Test } from 'tap'
import type { Station } from '../../index.ts'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'
import { connectSource, type Source } from '../helpers/source.ts'
import { plays, scenario, until } from '../helpers/station.ts'

const skip = icecast2Missing()
/** Of a real broadcast. `ROUNDS=60` takes some two minutes without a delay; give tap a longer `--timeout`. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 1)

const MAIN = '/main.mp3'
const LOW = '/low.mp3'
const FALLBACK = '/pause.mp3'
const utf8 = (path: string, more = ''): string => `<mount type="normal"><mount-name>${path}</mount-name><charset>UTF-8</charset>${more}</mount>`
const mounts = utf8(MAIN, `<fallback-mount>${FALLBACK}</fallback-mount><fallback-override>1</fallback-override>`) + utf8(LOW) + utf8(FALLBACK)

async function broadcast (t: Test, delay: number): Promise<void> {
  const icecast = await startIcecast2({ mounts })
  t.teardown(() => icecast.stop())
  const sources = new Map<string, Source>()
  t.teardown(() => Promise.all([...sources.values()].map((source) => source.disconnect())))
  const connect = async (...paths: string[]) => {
    for (const path of paths) sources.set(path, await connectSource(icecast, path))
  }
  const { app } = await scenario(t, {
    url: icecast.url,
    stations: { main: { mounts: [MAIN, LOW, FALLBACK] } },
    interval: 50,
    hold: 3_600_000,
    delay,
    history: 100,
    kinds: [{ match: /^Jingle/, kind: 'jingle' }],
    hide: ['jingle']
  })
  const begun: string[] = []
  const states: string[] = []
  app.nowPlaying.on('track', ({ text }) => begun.push(text))
  app.nowPlaying.on('update', ({ status, fallback }) => {
    const state = `${status}${fallback ? ', fallback' : ''}`
    if (state !== states.at(-1)) states.push(state)
  })
  const planned: string[] = []
  const seen = async (text: string, extra: (station: Station) => boolean = () => true) => {
    planned.push(text)
    await until(app, (stations) => plays(text)(stations) && stations.every(extra))
  }

  await connect(FALLBACK, MAIN, LOW)
  await icecast.setTitle(FALLBACK, 'Gleich geht es weiter')
  await seen('Gleich geht es weiter')
  for (let round = 1; round <= ROUNDS; round++) {
    for (const song of [`Björk - Lied ${round}.1`, `Кино - Песня ${round}.2`, `Björk - Lied ${round}.1`]) {
      // The same programme on both, one after the other.
      await icecast.setTitle(LOW, song)
      await icecast.setTitle(MAIN, song)
      await seen(song, ({ fallback }) => !fallback)
      await icecast.setTitle(MAIN, `Jingle ${round}`)
      await app.nowPlaying.refresh()
    }
    for (const path of [LOW, MAIN]) await sources.get(path)?.disconnect()
    await seen('Gleich geht es weiter', ({ fallback, status }) => fallback && status === 'live')
    await connect(MAIN, LOW)
    await until(app, ([station]) => station?.fallback === false)
  }

  const station = app.nowPlaying.get('main')
  t.strictSame(begun, planned)
  t.strictSame(station?.history.map(({ text }) => text), planned.slice(0, -1).reverse().slice(0, 100))
  t.strictSame(states.slice(states.indexOf('live')), ['live', ...Array.from({ length: ROUNDS }, () => ['live, fallback', 'live']).flat()], 'never offline')
  for (const [index, { startedAt, endedAt }] of (station?.history ?? []).entries()) {
    const next = index === 0 ? station?.track : station?.history[index - 1]
    t.ok(startedAt <= endedAt && endedAt <= (next?.startedAt ?? ''))
  }
}

for (const delay of [0, 1500]) {
  test(`a real broadcast on three mounts, with jingles and a fallback${delay > 0 ? `, ${delay} ms ahead of the ear` : ''}`, { skip, timeout: 600_000 }, async (t) => {
    await broadcast(t, delay)
  })
}
