// What one page receives in an hour, compared with what it would receive from others. No network is involved: an hour takes seconds.
import type { Selection } from '../lib/push/selection.ts'
import { fakeIcecast } from '../lib/testing/index.ts'
import { bench, progress, publish, table } from './harness/results.ts'
import { Broadcast, STEP, type Programme } from './wire/broadcast.ts'
import { azuracastUpdate, frameBytes, zenoEvent } from './wire/others.ts'
import { PollingPage, SubscribedPage, type Page } from './wire/pages.ts'

const MOUNTS = ['/main.mp3', '/low.mp3', '/main.opus']
const MUSIC: Programme = { stations: 1, mounts: MOUNTS, song: 180 }
const TALK: Programme = { ...MUSIC, song: null }
const MANY: Programme = { ...MUSIC, stations: 60 }
const SONGS = 20

const EVERYTHING: Selection = { stations: null, history: Infinity, hasListeners: true }
const TITLE: Selection = { stations: null, history: 0, hasListeners: false }

await bench(async () => {
  const rows = new Map<string, number[]>()
  for (const [index, programme] of [MUSIC, TALK, MANY].entries()) {
    progress(`programme ${index + 1} of 3`)
    for (const [name, kB] of await measure(programme)) rows.set(name, [...rows.get(name) ?? [], kB])
  }
  const status = await statusBytes(1)
  const others: Array<[name: string, ...kB: number[]]> = [
    ['AzuraCast, WebSocket', ...[SONGS, SONGS, SONGS].map(() => frameBytes(azuracastUpdate(MOUNTS)) * 3600 / 12.5 / 1000)],
    ['Zeno\'s event stream, titles only', ...[SONGS, 1, SONGS].map((titles) => zenoEvent().length * titles / 1000)],
    ['status-json.xsl of Icecast, polled each 5 s', ...[status, status, await statusBytes(60)].map((bytes) => bytes * 720 / 1000)]
  ]
  publish('wire', 'Bytes for each listener and hour', `
kB that one page receives in an hour. The station has three mounts, ten earlier tracks, ${SONGS} songs an hour and an audience that
changes all the time; the talk station has the same title for the whole hour; and sixty of the first, of which the page wants one.
Reading and serving are those of the plugin, with a clock that is set: the hour takes seconds. Counted are messages with their
frames, heartbeats, and heads and bodies of responses, compressed as browsers accept it; not the requests, nor what TCP and TLS add.
Held polls pause for half a second.

${table(['kB', 'a station', 'talk', 'one of sixty'], [...rows].map(([name, kB]) => [name, ...kB]))}

For comparison, all with the same station; not measured on their servers:

${table(['kB', 'a station', 'talk', 'one of sixty'], others)}

AzuraCast: a message of the shape that it publishes (station, listeners, live, now playing, next, five earlier songs), filled with the data of this
station, each 12.5 s, the mean of its interval, since the audience changes all the time. Zeno: an event of its shape for each new title only; repeated titles
are not counted. Icecast: the response of 2.4 to the document with all mounts, which it does not compress.
`)
})

async function measure (programme: Programme): Promise<Array<[name: string, kB: number]>> {
  const broadcast = await Broadcast.start(programme)
  const only = { stations: new Set(['station-0']) }
  const query = '/now-playing?station=station-0'
  const pages: Array<[name: string, page: Page]> = [
    ['the element: history=0&listeners=0, WebSocket', new SubscribedPage(broadcast, 'webSocket', { ...TITLE, ...only })],
    ['the same, event stream', new SubscribedPage(broadcast, 'eventStream', { ...TITLE, ...only })],
    ['the same, polling with ?wait', new PollingPage(broadcast, `${query}&history=0&listeners=0`, true)],
    ['the same, polling each 5 s', new PollingPage(broadcast, `${query}&history=0&listeners=0`, false)],
    ['everything, WebSocket', new SubscribedPage(broadcast, 'webSocket', { ...EVERYTHING, ...only })],
    ['everything, event stream', new SubscribedPage(broadcast, 'eventStream', { ...EVERYTHING, ...only })],
    ['everything, polling with ?wait', new PollingPage(broadcast, query, true)],
    ['everything, polling each 5 s', new PollingPage(broadcast, query, false)]
  ]
  for (let second = STEP; second <= 3600; second += STEP) {
    await broadcast.advance()
    for (const [, page] of pages) await page.step(second)
  }
  // Timers of subscribers keep the process running.
  const { subscribers } = broadcast.broadcaster
  subscribers.forEach((one) => subscribers.remove(one))
  await broadcast.app.close()
  return pages.map(([name, { bytes }]) => [name, bytes / 1000])
}

/** The bytes of a response of Icecast 2.4 with its status document. */
async function statusBytes (stations: number): Promise<number> {
  const icecast = await fakeIcecast({ version: '2.4' })
  for (let station = 0; station < stations; station++) {
    for (const mount of MOUNTS) {
      const path = `/station-${station}${mount}`
      icecast.source(path, { name: `Radio Station ${station}`, description: 'The best music of today', genre: 'Pop', url: 'https://radio.example/', bitrate: 128 })
      icecast.title(path, 'Massive Attack - Just Like Heaven')
    }
  }
  const response = await fetch(`${icecast.url}/status-json.xsl`)
  const head = [...response.headers].reduce((length, [name, value]) => length + name.length + value.length + 4, 'HTTP/1.1 200 OK\r\n\r\n'.length)
  const bytes = head + (await response.arrayBuffer()).byteLength
  await icecast.close()
  return bytes
}
