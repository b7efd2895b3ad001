import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test, type Test } from 'tap'
import { Value } from 'typebox/value'
import { Fields, findCover, openBackend } from '../../examples/artwork.ts'
import type { Kind, Track } from '../../index.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { Page } from '../helpers/station.ts'

const CONTACT = 'https://radio.example/contact'

interface StandIn {
  url: string
  /** `GET recording:"…" AND artist:"…"`, `HEAD /release-group/…`. */
  requests: string[]
  agents: Set<string | undefined>
}

interface Answers {
  /** What is found, by the text of the search. */
  recordings?: object[]
  /** Those that have a cover. */
  covers?: string[]
  status?: number
}

/** In the place of MusicBrainz and the Cover Art Archive. */
async function standIn (t: Test, { recordings = [], covers = [], status = 200 }: Answers): Promise<StandIn> {
  const requests: string[] = []
  const agents = new Set<string | undefined>()
  const server = createServer(({ method, url = '', headers }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    agents.add(headers['user-agent'])
    if (pathname === '/ws/2/recording') {
      requests.push(`${method} ${searchParams.get('query')}`)
      response.writeHead(status).end(searchParams.get('fmt') === 'json' ? JSON.stringify({ recordings }) : '<metadata/>')
    } else {
      requests.push(`${method} ${pathname}`)
      const [, id = ''] = /^\/release-group\/(.*)\/front-500$/.exec(pathname) ?? []
      if (covers.includes(id)) response.writeHead(307, { location: 'http://archive.example/' })
      else response.writeHead(id === 'broken' ? 503 : 404)
      response.end()
    }
  })
  server.listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, requests, agents }
}

function recording (title: string, artist: string, ...groups: Array<[id: string, type?: string, date?: string, secondary?: string[], status?: string]>): object {
  return {
    title,
    'artist-credit': artist.split('|').map((name, index, all) => ({ name, ...(index < all.length - 1 && { joinphrase: ' feat. ' }) })),
    releases: groups.map(([id, type, date, secondary, status = 'Official']) => ({
      status,
      ...(date !== undefined && { date }),
      'release-group': { id, title: `About ${id}`, ...(type !== undefined && { 'primary-type': type }), ...(secondary !== undefined && { 'secondary-types': secondary }) }
    }))
  }
}

function track (artist: string | null, title: string | null, kind: Kind = 'song'): Track {
  const at = new Date().toISOString()
  return { id: '1', text: 'x', raw: 'x', artist, title, kind, startedAt: at, audibleAt: at, duration: null, endsAt: null, tags: null, mount: '/main' }
}

const never = new AbortController().signal

test('the example as somebody starts it: a track gets its cover, and the page says where from', async (t) => {
  const service = await standIn(t, { recordings: [recording('Jóga', 'Björk', ['homogenic', 'Album', '1997'])], covers: ['homogenic'] })
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main')
  icecast.title('/main', 'Björk - Jóga')
  const script = fileURLToPath(new URL('../../examples/artwork.ts', import.meta.url))
  const child = spawn(process.execPath, [...process.execArgv, script], {
    env: { ...process.env, ICECAST_URL: icecast.url, MUSICBRAINZ_URL: service.url, COVERART_URL: service.url, CONTACT, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  let address = ''
  for await (const line of createInterface(child.stdout)) {
    address = /Server listening at (http:[^"]+)/.exec(line)?.[1] ?? ''
    if (address !== '') break
  }
  const page = new Page(`${address.replace('http', 'ws')}/now-playing`)
  t.teardown(() => page.socket.terminate())
  const found = { album: 'About homogenic', artwork: `${service.url}/release-group/homogenic/front-500`, artworkFrom: `${service.url}/release-group/homogenic` }
  await page.message((message) => JSON.stringify(message).includes('"artwork"'))
  const { stations: [station] } = JSON.parse(await (await fetch(`${address}/now-playing`)).text())
  t.match(station.track, { text: 'Björk - Jóga', ...found })
  t.strictSame(service.requests, ['GET recording:"Jóga" AND artist:"Björk"', 'HEAD /release-group/homogenic/front-500'])
  t.strictSame([...service.agents], [`my-radio/1.0 ( ${CONTACT} )`], 'it says who asks')
  t.match(await (await fetch(address)).text(), 'Cover: MusicBrainz and Cover Art Archive')
  child.kill('SIGINT')
  t.equal((await once(child, 'exit'))[0], 0)
})

test('without a contact it doesn\'t start', async (t) => {
  await t.rejects(openBackend({}), { message: /CONTACT should say where you can be reached/ })
})

test('the first album of the artist\'s own comes before singles, and those before collections', async (t) => {
  const groups: Parameters<typeof recording>[2][] = [
    ['hits', 'Album', '1990', ['Compilation']], ['single', 'Single', '1989'], ['second', 'Album', '1999'], ['bootleg', 'Album', '1980', [], 'Bootleg'],
    ['undated', 'Album'], ['first', 'Album', '1991'], ['first', 'Album', '2011']
  ]
  const cases: Array<[covers: string[], finds: string | null, asks: number]> = [
    [['first', 'second', 'single'], 'first', 1],
    [['undated', 'second', 'single'], 'second', 2],
    [['undated', 'single'], 'undated', 3],
    [['single', 'hits', 'bootleg'], null, 3]
  ]
  for (const [covers, finds, asks] of cases) {
    const { url, requests } = await standIn(t, { recordings: [recording('Song', 'Band', ...groups)], covers })
    const found = await findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 0 })(track('Band', 'Song'), { station: 'main', signal: never })
    t.same(found, finds && { album: `About ${finds}`, artwork: `${url}/release-group/${finds}/front-500`, artworkFrom: `${url}/release-group/${finds}` })
    if (found !== null) t.ok(Value.Check(Fields, found))
    t.equal(requests.length, 1 + asks)
  }
})

test('a cover is of this very song, or there is none', async (t) => {
  const cases: Array<[artist: string, title: string, found: [title: string, artist: string], is: boolean]> = [
    ['Björk', 'Jóga', ['JOGA', 'Bjork'], true],
    ['Band', 'Don\'t Stop (2015 Remaster)', ['Don’t Stop', 'Band'], true],
    ['Band feat. Guest', 'Song', ['Song', 'Band|Guest'], true],
    ['Band', 'Song [live]', ['Song', 'Band|Guest'], true],
    ['坂本龍一', '戦場のメリークリスマス', ['戦場のメリークリスマス', '坂本龍一'], true],
    ['Guest', 'Song', ['Song', 'Band|Guest'], false],
    ['Band', 'Song', ['Song of Songs', 'Band'], false],
    ['Band', 'Song', ['Song', 'Tribute to Band'], false],
    ['!!!', '???', ['...', '!!!'], false]
  ]
  for (const [artist, title, found, is] of cases) {
    const { url } = await standIn(t, { recordings: [recording(...found, ['album', 'Album', '2000'])], covers: ['album'] })
    const cover = await findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 0 })(track(artist, title), { station: 'main', signal: never })
    t.equal(cover !== null, is, `${artist} - ${title}: ${found.join(', ')}`)
  }
  const { url, requests } = await standIn(t, { recordings: [{ title: 'Song', 'artist-credit': [] }, { title: 'Song', 'artist-credit': [{ name: 'Band' }] }] })
  const find = findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 0 })
  t.equal(await find(track('Band', 'Song'), { station: 'main', signal: never }), null, 'on no release')
  await find(track('A "B" \\', 'C AND D'), { station: 'main', signal: never })
  t.equal(requests.at(-1), 'GET recording:"C AND D" AND artist:"A \\"B\\" \\\\"', 'a title is no part of the search\'s language')
})

test('only songs are asked about', async (t) => {
  const { url, requests } = await standIn(t, {})
  const find = findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 0 })
  for (const other of [track(null, 'News'), track('A', null), track('A', 'B', 'jingle'), track('A', 'B', 'talk')]) t.equal(await find(other, { station: 'main', signal: never }), null)
  t.strictSame(requests, [])
})

test('a service that refuses is an error, not a song without a cover', async (t) => {
  const busy = await standIn(t, { status: 503 })
  await t.rejects(async () => findCover({ contact: CONTACT, musicBrainz: busy.url, pace: 0 })(track('A', 'B'), { station: 'main', signal: never }), { message: 'MusicBrainz answered 503' })
  const broken = await standIn(t, { recordings: [recording('B', 'A', ['broken'])] })
  await t.rejects(async () => findCover({ contact: CONTACT, musicBrainz: broken.url, coverArt: broken.url, pace: 0 })(track('A', 'B'), { station: 'main', signal: never }), { message: 'The Cover Art Archive answered 503' })
})

test('searches come one after the other, however many songs begin; who waits can be told to stop', async (t) => {
  const { url, requests } = await standIn(t, {})
  const find = findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 3_600_000 })
  const stop = new AbortController()
  const first = find(track('A', 'First'), { station: 'main', signal: never })
  const second = find(track('A', 'Second'), { station: 'main', signal: stop.signal })
  t.equal(await first, null)
  t.strictSame(requests, ['GET recording:"First" AND artist:"A"'])
  stop.abort()
  await t.rejects(async () => second, { name: 'AbortError' })

  const quick = findCover({ contact: CONTACT, musicBrainz: url, coverArt: url, pace: 5 })
  await Promise.all(['1', '2', '3', '4'].map(async (title) => quick(track('A', title), { station: 'main', signal: never })))
  t.strictSame(requests.slice(1).sort(), ['1', '2', '3', '4'].map((title) => `GET recording:"${title}" AND artist:"A"`))
})
