import { test } from 'tap'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

for (const version of ['2.4', '2.5'] as const) {
  test(`${version}: an account that stops being accepted leaves the public station live with its new title`, async (t) => {
    const icecast = await fakeIcecast({ version })
    t.teardown(() => icecast.close())
    icecast.source('/main.mp3')
    icecast.source('/hidden.mp3', { hidden: true })
    icecast.title('/main.mp3', 'A - One')
    icecast.title('/hidden.mp3', 'H - One')
    const { app, logs } = await scenario(t, {
      url: icecast.url,
      auth: { username: 'admin', password: 'hackme' },
      stations: { main: { mounts: ['/main.mp3'] }, hid: { mounts: ['/hidden.mp3'] } },
      interval: 50,
      live: false,
      staleAfter: 100
    })
    await until(app, (stations) => stations.every(({ status }) => status === 'live'))
    await icecast.fail('unauthorized', { only: ({ path }) => path === '/admin/stats' })
    icecast.title('/main.mp3', 'B - Two')
    const statuses: string[] = []
    app.nowPlaying.on('status', ({ id, status }) => statuses.push(`${id} ${status}`))
    await until(app, () => app.nowPlaying.get('hid')?.status === 'stale')
    t.match(app.nowPlaying.get('main'), { status: 'live', track: { text: 'B - Two' } })
    t.match(app.nowPlaying.get('hid'), { track: { text: 'H - One' } }, 'what the hidden station played last is kept')
    t.equal(logs.filter((entry) => JSON.stringify(entry).includes('FST_ICECAST_UNAUTHORIZED')).length, 1, 'the rejection is logged once')
    await icecast.recover()
    await until(app, (stations) => stations.every((station) => isLive([station])))
    t.same(statuses, ['hid stale', 'hid live'])
  })
}
