// A page in strict TypeScript, which knows nothing of Node. Only compiled.
import { nowPlaying, type Connection, type Message, type Station } from 'fastify-icecast/client'
import { NowPlayingElement } from 'fastify-icecast/element'

const np = nowPlaying('/now-playing', { station: 'main', delay: 2000, sleep: true, signal: AbortSignal.timeout(1000) })
np.addEventListener('track', ({ detail: { track, station, previous } }) => {
  const line: string = `${station.name}: ${track.artist ?? '?'} - ${track.title ?? track.text}, after ${previous?.text ?? 'nothing'}`
  document.title = line
}, { once: true })
np.addEventListener('update', ({ detail: { station, previous } }) => { document.body.hidden = station.status !== previous?.status })
// @ts-expect-error There is no such thing in it.
np.addEventListener('connection', ({ detail: { nope } }) => console.log(nope))
// @ts-expect-error A station is found by its id.
nowPlaying('/now-playing', { station: 1 })

export const current: Station | undefined = np.current
export const others: ReadonlyMap<string, Station> = np.stations
export const connection: Connection = np.connection

export async function follow (): Promise<void> {
  for await (const { listeners } of np) console.log(listeners.current)
  np.close()
}

const element = document.createElement('now-playing')
element.audio = document.querySelector('audio')
element.addEventListener('status', ({ detail: { station } }) => { document.title = station.status })
element.addEventListener('click', ({ clientX }) => console.log(clientX))
export const same: boolean = element instanceof NowPlayingElement && element.client?.current === element.current
// @ts-expect-error It is no text.
element.audio = 'player'

/** A client of one's own. */
export function read (message: Message): readonly Station[] {
  return message.type === 'snapshot' ? message.stations : message.type === 'update' ? [message.station] : []
}
