import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { test, type Test } from 'tap'
import type { Station } from '../../index.ts'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'
import { ffmpegMissing, liquidsoapMissing, runLiquidsoap } from '../helpers/liquidsoap.ts'
import { snippet } from '../helpers/snippets.ts'
import { scenario, until } from '../helpers/station.ts'

const TOKEN = 'secret'
const SONGS = [
  { artist: 'Björk', title: 'Jóga', album: 'Homogenic', seconds: 5 },
  { artist: 'Кино', title: 'Группа крови', album: 'Альбом', seconds: 6 },
  { artist: 'AC/DC', title: 'T.N.T.', album: 'High Voltage', seconds: 7 }
]

/** A folder with files that have these tags. */
function files (t: Test): string[] {
  const folder = t.testdir({})
  return SONGS.map(({ artist, title, album, seconds }, index) => {
    const file = join(folder, `${index}.mp3`)
    const tags = Object.entries({ artist, title, album }).flatMap(([name, value]) => ['-metadata', `${name}=${value}`])
    const { status, stderr } = spawnSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', `sine=frequency=440:duration=${seconds}`, ...tags, '-b:a', '64k', file], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return file
  })
}

test('Liquidsoap with the recipe of docs/playout.md: each play has its own duration and album, in MP3 and Opus', { skip: icecast2Missing() || liquidsoapMissing() || ffmpegMissing(), timeout: 90_000 }, async (t) => {
  const icecast = await startIcecast2({ mounts: '<mount type="normal"><mount-name>/main.mp3</mount-name><charset>UTF-8</charset></mount>' })
  t.teardown(() => icecast.stop())
  const results: Array<{ id: string, shown: boolean, reason: string | null }> = []
  const { app, address } = await scenario(t, {
    url: icecast.url,
    stations: { mp3: { mounts: ['/main.mp3'] }, opus: { mounts: ['/main.opus'] } },
    after (app) {
      app.post<{ Body: { artist: string, title: string, album: string, duration: number } }>('/tell', async ({ headers, body }, reply) => {
        if (headers.authorization !== `Bearer ${TOKEN}`) return reply.code(401).send()
        for (const id of ['mp3', 'opus']) results.push({ id, ...await app.nowPlaying.tell(id, body) })
        return {}
      })
    }
  })
  const output = (encoder: string, mount: string): string => `output.icecast(${encoder}, host="127.0.0.1", port=${icecast.port}, password="${icecast.auth.password}", mount="${mount}", mksafe(radio))\n`
  const script = `radio = playlist(mode="normal", reload_mode="never", "${join(files(t)[0] ?? '', '..')}")\n` +
    snippet('docs/playout.md', 'Liquidsoap', 'liquidsoap') +
    output('%mp3(bitrate=64)', '/main.mp3') + output('%opus(bitrate=64)', '/main.opus')

  const plays = new Map<string, Station>()
  app.nowPlaying.on('update', (station) => { if (station.track?.duration != null) plays.set(`${station.id} ${station.track.title}`, station) })
  const last = SONGS.at(-1)
  await Promise.race([
    until(app, (all) => all.every(({ track }) => track?.title === last?.title && track?.duration !== null)),
    runLiquidsoap(t, script, { PLAYOUT_URL: `${address}/tell`, PLAYOUT_TOKEN: TOKEN }, 60_000)
  ])
  for (const id of ['mp3', 'opus']) {
    for (const { artist, title, album, seconds } of SONGS) {
      const { track } = plays.get(`${id} ${title}`) ?? {}
      t.match(track, { artist, title, tags: { album } }, `${id}: ${title}`)
      // MP3 files have some padding.
      t.ok(Math.abs(Number(track?.duration) - seconds * 1000) < 200, `${track?.duration} ms`)
    }
    t.match(app.nowPlaying.get(id)?.history.map(({ title, tags }) => [title, tags?.['album']]), SONGS.slice(0, -1).reverse().map(({ title, album }) => [title, album]), `${id}: the history`)
  }
  t.comment(JSON.stringify(results.map(({ id, shown, reason }) => `${id} ${reason ?? shown}`)))
})
