import { test } from 'tap'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'
import { ffmpegMissing, liquidsoapMissing, startFfmpeg, startLiquidsoap } from '../helpers/liquidsoap.ts'
import { scenario, until } from '../helpers/station.ts'

const SONGS = [['Björk', 'Jóga', 'Homogenic'], ['Кино', 'Группа крови', 'Группа крови'], ['坂本龍一', '戦場のメリークリスマス', ''], ['AC/DC', 'T.N.T.', 'T.N.T.']] as const
const OUTPUTS = {
  '/main.opus': '%opus(bitrate=64)',
  '/main.flac': '%ogg(%flac)',
  '/main.ogg': '%vorbis',
  '/main.mp3': '%mp3(bitrate=64)'
}

for (const inBand of ['auto', 'always'] as const) {
  test(`Liquidsoap to Opus, FLAC, Vorbis and MP3, \`inBand: '${inBand}'\`: a page gets each song once, and the numbers of listeners stay`, { skip: icecast2Missing() || liquidsoapMissing(), timeout: 120_000 }, async (t) => {
    const icecast = await startIcecast2({ mounts: '<mount type="normal"><mount-name>/main.mp3</mount-name><charset>UTF-8</charset></mount>' })
    t.teardown(() => icecast.stop())
    const liquidsoap = await startLiquidsoap(t, icecast, OUTPUTS)
    const stations = Object.fromEntries(Object.keys(OUTPUTS).map((path) => [path.slice(6), { mounts: [path] }]))
    const { app, page } = await scenario(t, { url: icecast.url, stations, inBand })
    const one = page()
    await until(app, (all) => all.every(({ status }) => status === 'live'))
    const waits = new Map(Object.keys(stations).map((id) => [id, Array<number>()]))
    for (const [artist, title, album] of SONGS) {
      const begun = performance.now()
      await liquidsoap.play(artist, title, album)
      await Promise.all([...waits].map(async ([id, took]) => {
        await one.update((station) => station.id === id && station.track?.artist === artist && station.track.title === title)
        took.push(performance.now() - begun)
      }))
    }
    for (const [id, took] of waits) t.comment(`${id}: ${took.map(Math.round).sort((a, b) => a - b).join(', ')} ms from the command to the page`)

    for (const id of waits.keys()) {
      const texts = one.updates.flatMap(({ station }) => station.id === id && station.track !== null ? [`${station.track.id} ${station.track.text}`] : [])
      t.same([...new Set(texts)].map((text) => text.replace(/^\S+ /, '')), SONGS.map(([artist, title]) => `${artist} - ${title}`), `${id}: each song once`)
      t.same(app.nowPlaying.get(id)?.history.length, SONGS.length - 1)
    }
    for (const id of inBand === 'auto' ? ['opus', 'flac'] : ['opus', 'flac', 'ogg']) t.same(app.nowPlaying.get(id)?.track?.tags, { album: 'T.N.T.' }, id)
    const numbers = one.updates.map(({ station: { listeners } }) => listeners.current)
    t.ok(numbers.every((number) => number === null || number === 0), 'the plugin counts as no listener')
    t.same(app.nowPlaying.list().map(({ listeners }) => listeners), Object.keys(OUTPUTS).map(() => ({ current: 0, peak: 0 })))
  })
}

const TAGS = { artist: 'Nina Simone', title: 'Feeling Good', album: 'I Put a Spell on You' }
const ENCODERS = {
  '/a.opus': ['-c:a', 'libopus', '-b:a', '64k', '-f', 'ogg', '-content_type', 'application/ogg'],
  '/a.flac': ['-c:a', 'flac', '-f', 'ogg', '-content_type', 'application/ogg'],
  '/a.webm': ['-c:a', 'libopus', '-b:a', '64k', '-f', 'webm', '-content_type', 'audio/webm'],
  '/a.aac': ['-c:a', 'aac', '-b:a', '64k', '-f', 'adts', '-content_type', 'audio/aac']
}

test('ffmpeg with one long file: its tags are shown in Opus, FLAC and WebM', { skip: icecast2Missing() || ffmpegMissing(), timeout: 120_000 }, async (t) => {
  const icecast = await startIcecast2()
  t.teardown(() => icecast.stop())
  for (const [mount, encoder] of Object.entries(ENCODERS)) startFfmpeg(t, icecast, mount, encoder, TAGS)
  const { app } = await scenario(t, { url: icecast.url })
  const shown = (id: string) => app.nowPlaying.get(id)?.track ?? null
  const tagged = ['a.opus', 'a.flac']
  await until(app, () => app.nowPlaying.get('a.aac')?.status === 'live' && tagged.every((id) => shown(id) !== null))
  for (const id of tagged) t.match(shown(id), { artist: TAGS.artist, title: TAGS.title, tags: { album: TAGS.album } }, id)
  t.equal(shown('a.aac'), null, 'ADTS has no place for tags')
})
