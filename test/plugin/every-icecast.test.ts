import tap, { test } from 'tap'
import type { Title } from '../../lib/testing/index.ts'
import { plays, scenario, until } from '../helpers/station.ts'

// They mostly wait.
tap.jobs = 4

interface Told {
  status: string
  text: string | null
  artist: string | null
  title: string | null
  raw: string | null
  history: string[]
}

/** What encoders send, one after the other, and what a page shows of it, whatever Icecast is between. */
const TITLES: Array<[sent: Title, artist: string | null, title: string]> = [
  ['Björk - Hyperballad', 'Björk', 'Hyperballad'],
  ['Кино - Группа крови', 'Кино', 'Группа крови'],
  ['宇多田ヒカル - First Love', '宇多田ヒカル', 'First Love'],
  ['فيروز - نسم علينا الهوى', 'فيروز', 'نسم علينا الهوى'],
  ['Σωκράτης Μάλαμας - Πριγκιπέσα', 'Σωκράτης Μάλαμας', 'Πριγκιπέσα'],
  ['🎵 - 👩‍👩‍👧‍👦', '🎵', '👩‍👩‍👧‍👦'],
  ['1999', null, '1999'],
  ['1.10', null, '1.10'],
  ['1e5', null, '1e5'],
  ['007', null, '007'],
  ['null', null, 'null'],
  ['"Heroes" - \\o/ <b>', '"Heroes"', '\\o/ <b>'],
  [{ artist: 'Portishead', title: 'Roads' }, 'Portishead', 'Roads']
]

for (const [version, auth] of [['2.4', false], ['2.4', true], ['2.5', false], ['2.5', true], ['kh', true]] as const) {
  test(`subscribers receive the same broadcast from ${version} ${auth ? 'with' : 'without'} an account`, { buffered: true }, async (t) => {
    const { app, icecast, page } = await scenario(t, {
      icecast: { version },
      stations: { main: { name: 'Radio Main', mounts: ['/main radio.mp3', '/main.aac'] } },
      ...auth && { auth: { username: 'admin', password: 'hackme' } }
    })
    const told: Told[] = []
    app.nowPlaying.on('update', ({ status, track, history }) => {
      const one = {
        status,
        text: track?.text ?? null,
        artist: track?.artist ?? null,
        title: track?.title ?? null,
        raw: track?.raw ?? null,
        history: history.map(({ text }) => text)
      }
      if (JSON.stringify(one) !== JSON.stringify(told.at(-1))) told.push(one)
    })
    await until(app, ([main]) => main?.status === 'offline')
    icecast.source('/main radio.mp3', { description: 'All of it', genre: 'Everything', url: 'https://example.org/', bitrate: 128 })
    await until(app, ([main]) => main?.status === 'live')
    const listener = page('/now-playing/main')
    await listener.snapshot()

    for (const [sent, artist, title] of TITLES) {
      icecast.title('/main radio.mp3', sent)
      await listener.sees(artist === null ? title : `${artist} - ${title}`)
    }
    const { id } = app.nowPlaying.get('main')?.track ?? {}
    // An encoder that reconnects says nothing at first.
    icecast.source('/main radio.mp3')
    await app.nowPlaying.refresh()
    await app.nowPlaying.refresh()
    icecast.title('/main radio.mp3', { artist: 'Portishead', title: 'Roads' })
    icecast.source('/main.aac', { contentType: 'audio/aac', description: 'All of it', genre: 'Everything', url: 'https://example.org/' })
    await until(app, ([main]) => main?.mounts[1]?.live === true)
    t.equal(app.nowPlaying.get('main')?.track?.id, id, 'the same play')
    icecast.title('/main.aac', 'On the other mount')
    icecast.disconnect('/main radio.mp3')
    await until(app, plays('On the other mount'))
    icecast.disconnect('/main.aac')
    await until(app, ([main]) => main?.status === 'offline')

    const history: string[] = []
    const expected: Told[] = [{ status: 'offline' }, { status: 'live' }].map(({ status }) => ({ status, text: null, artist: null, title: null, raw: null, history: [] }))
    const broadcast = [...TITLES, ['On the other mount', null, 'On the other mount'] as const]
    for (const [, artist, title] of broadcast) {
      const text = artist === null ? title : `${artist} - ${title}`
      expected.push({ status: 'live', text, artist, title, raw: text, history: history.slice(0, 10) })
      history.unshift(text)
    }
    expected.push({ status: 'offline', text: null, artist: null, title: null, raw: null, history: history.slice(0, 10) })
    t.same(told, expected)
    t.match(listener.updates.find(({ station }) => station.track?.text === '1999')?.station, {
      name: 'Radio Main',
      description: 'All of it',
      genre: 'Everything',
      // 2.5 doesn't say.
      url: version === '2.5' ? null : 'https://example.org/',
      mounts: [{ path: '/main radio.mp3', live: true, contentType: 'audio/mpeg' }, { path: '/main.aac', live: false }]
    })
  })
}
