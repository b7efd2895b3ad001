import { test } from 'tap'
import { scenario, until } from '../helpers/station.ts'

const OGG = { '/a.opus': 'Opus', '/a.flac': 'FLAC' } as const

for (const version of ['2.4', 'kh'] as const) {
  test(`titles that ${version} does not show come from the streams of Opus and FLAC`, async (t) => {
    const { app, icecast } = await scenario(t, { icecast: { version, burst: 2 }, ...version === 'kh' && { auth: { username: 'admin', password: 'hackme' } } })
    const texts: string[] = []
    app.nowPlaying.on('track', ({ text }, { id }) => texts.push(`${id}: ${text}`))
    for (const [mount, subtype] of Object.entries(OGG)) {
      icecast.source(mount, { contentType: 'application/ogg', subtype })
      icecast.title(mount, 'An earlier song')
      icecast.title(mount, { artist: 'Björk', title: 'Jóga', tags: { ALBUM: 'Homogenic', ENCODER: 'x' } })
      icecast.listeners(mount, 3)
    }
    await app.nowPlaying.refresh()
    await until(app, (stations) => stations.length === 2 && stations.every(({ track }) => track?.text === 'Björk - Jóga'))
    for (const { track } of app.nowPlaying.list()) t.match(track, { artist: 'Björk', title: 'Jóga', tags: { album: 'Homogenic' } })
    for (const mount of Object.keys(OGG)) icecast.title(mount, { artist: 'Кино', title: 'Группа крови' })
    await until(app, (stations) => stations.every(({ track }) => track?.text === 'Кино - Группа крови'))
    t.same(app.nowPlaying.list().map(({ listeners }) => listeners.current), [3, 3], 'our own connections do not count')
    t.ok(icecast.usedSlots >= 2 * (1 + 3 + 1), 'but occupy slots')
    t.same(texts.sort(), Object.keys(OGG).sort().flatMap((mount) => ['Björk - Jóga', 'Кино - Группа крови'].map((text) => `${mount.slice(1)}: ${text}`)))
    await app.close()
  })
}

test('a server without documents is read by its streams alone', async (t) => {
  const { app, icecast } = await scenario(t, {
    icecast: { documents: false, burst: 1 },
    stations: { main: { mounts: ['/main.mp3'] }, opus: { mounts: ['/main.opus'] } }
  })
  icecast.source('/main.mp3', { name: 'Radio Main', bitrate: 128 })
  icecast.source('/main.opus', { contentType: 'audio/ogg', subtype: 'Opus' })
  for (const mount of ['/main.mp3', '/main.opus']) {
    icecast.title(mount, 'An earlier song')
    icecast.title(mount, { artist: 'Björk', title: 'Jóga' })
  }
  await until(app, (stations) => stations.every(({ track }) => track?.text === 'Björk - Jóga'))
  t.match(app.nowPlaying.get('main'), { name: 'Radio Main', status: 'live', listeners: { current: null }, mounts: [{ bitrate: 128 }] })
  icecast.disconnect('/main.mp3')
  await until(app, () => app.nowPlaying.get('main')?.status === 'offline')
  t.equal(app.nowPlaying.get('opus')?.status, 'live')
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Back')
  await until(app, () => app.nowPlaying.get('main')?.track?.text === 'Back')
})
