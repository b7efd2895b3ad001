import { connect } from './connection.ts'
import type { Connection } from './events.ts'
import { reorder, type OnState } from './reorder.ts'

/** One client that uses the connection. `ids`: the stations that it wants; empty for all. `history`: the most earlier tracks; Infinity for all. */
type Subscriber = [ids: readonly string[], canSleep: boolean | undefined, onState: OnState, onConnection: (connection: Connection) => void, history: number, hasListeners: boolean]

type Subscribe = (subscriber: Subscriber) => [retry: () => void, unsubscribe: () => void]

/** The connections of this page, by address. */
const connections: Record<string, Subscribe> = {}

/**
 * Subscribes to stations over the one connection that all clients of this page have to the same address. It requests
 * everything that one of them wants.
 */
export const subscribe = (url: URL, subscriber: Subscriber): ReturnType<Subscribe> => (connections[url.href] ??= share(url))(subscriber)

function share (url: URL): Subscribe {
  const subscribers = new Set<Subscriber>()
  let state: Connection = { state: 'connecting', transport: null }
  /** The address and the stations of the last attempt. No station stands for all. */
  let href: string
  let requested: Set<string>
  /** How the server has refused the stations that were requested: one does not exist. Since then all stations are requested. */
  let refused: Connection | undefined
  /** The server keeps fewer earlier tracks than were requested, and has refused that. Since then all are requested. */
  let isHistoryRefused: boolean | undefined
  let isUpdating: boolean | undefined
  let reconnect: (() => void) | undefined
  let close: (() => void) | undefined

  const getUrl = (): URL => {
    const target = new URL(url)
    const all = [...subscribers]
    const lists = all.map(([ids]) => ids)
    requested = new Set(!refused && lists.every(([id]) => id) ? lists.flat() : [])
    for (const id of requested) target.searchParams.append('station', id)
    const history = Math.max(...all.map(([, , , , length]) => length))
    if (history < Infinity && !isHistoryRefused) target.searchParams.append('history', `${history}`)
    if (!all.some(([, , , , , hasListeners]) => hasListeners)) target.searchParams.append('listeners', '0')
    href = target.href
    return target
  }

  /** A subscriber whose station is missing is told how the server has refused it. */
  const emitConnection = (): void => {
    for (const [ids, , , onConnection] of subscribers) onConnection(refused && state.state === 'open' && !ids.every((id) => known.has(id)) ? refused : state)
  }

  /** Returns whether a subscriber wants the station. */
  const emitStation: (...args: Parameters<OnState>) => boolean | undefined = (station, changedAt) => {
    let isWanted: boolean | undefined
    for (const [ids, , onState] of subscribers) {
      if (ids[0] && !ids.includes(station.id)) continue
      isWanted = true
      onState(station, changedAt)
    }
    return isWanted
  }

  const [known, isOutdated, take] = reorder(emitStation)

  /** Runs once after all changes of one task, so that an element that is moved or replaced keeps the connection. */
  const update = (): void => {
    isUpdating = false
    if (!subscribers.size) {
      close?.()
      reconnect = undefined
      delete connections[url.href]
      return
    }
    refused = undefined
    if (!reconnect) {
      [reconnect, close] = connect(
        getUrl,
        () => [...subscribers].every(([, canSleep]) => canSleep),
        isOutdated,
        (message) => {
          take(message)
          emitConnection()
        },
        (change) => {
          if (change.refusal?.code?.includes('VALID') && !isHistoryRefused) {
            isHistoryRefused = true
            return reconnect?.()
          }
          if (change.refusal && requested.size > 1) {
            refused = change
            return reconnect?.()
          }
          state = change
          // Which stations exist is not known before the snapshot has been taken.
          if (!refused || change.state !== 'open') emitConnection()
        }
      )
    } else if (href !== getUrl().href || state.state === 'asleep') {
      reconnect()
    }
    emitConnection()
    // The first state of a client is due at once; the others ignore a state that they have received.
    for (const [id, [station]] of known) if (!emitStation(station, 0)) known.delete(id)
  }

  const schedule = (): void => {
    if (!isUpdating) queueMicrotask(update)
    isUpdating = true
  }

  return (subscriber) => {
    subscribers.add(subscriber)
    schedule()
    return [() => { if (state.state !== 'open') reconnect?.() }, () => {
      subscribers.delete(subscriber)
      schedule()
    }]
  }
}
