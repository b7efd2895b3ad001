import { useEffect, useState } from 'react'
import { nowPlaying, type Connection, type NowPlayingClientOptions, type Station } from '../client/client.ts'
import type { NowPlayingIntrinsicElements } from '../client/element.ts'

export type { Connection, Message, Mount, NextTrack, PastTrack, Refusal, Station, Status, Track, Transport } from '../client/client.ts'

/** The options of the client, except `signal`: the client is closed when the component is removed. */
export type UseNowPlayingOptions = Omit<NowPlayingClientOptions, 'signal'>

export interface UseNowPlaying {
  /** The requested station; of several the first that is not `unknown`. Undefined until a state is received. It keeps its last state while the connection is lost. */
  station: Station | undefined
  /** All requested stations by id. */
  stations: ReadonlyMap<string, Station>
  connection: Connection
  /** Connects at once if there is no connection, instead of waiting for the next retry; for example after a login. */
  retry: () => void
}

const CONNECTING: UseNowPlaying = { station: undefined, stations: new Map(), connection: { state: 'connecting', transport: null }, retry: () => {} }

/**
 * Follows what stations are playing: `const { station } = useNowPlaying('/now-playing', { station: 'main' })`. All components
 * with the same `url` share one connection. On a server it renders the state without a station.
 */
export function useNowPlaying (url: string | URL, { station, history, listeners, delay, sleep }: UseNowPlayingOptions = {}): UseNowPlaying {
  // A text, since a list of stations and the options are new objects at each render.
  const key = JSON.stringify([url, station, history, listeners, delay, sleep])
  const [state, setState] = useState({ ...CONNECTING, key })
  useEffect(() => {
    const np = nowPlaying(url, { station, history, listeners, delay, sleep })
    const update = (): void => {
      setState({ station: np.current, stations: new Map(np.stations), connection: np.connection, retry: np.retry, key })
    }
    np.addEventListener('update', update)
    np.addEventListener('connection', update)
    update()
    return () => {
      np.removeEventListener('connection', update)
      np.close()
    }
  }, [key])
  // After a change of the arguments, the state of the station before is not shown in place of the new one.
  return state.key === key ? state : CONNECTING
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends NowPlayingIntrinsicElements {}
  }
}
