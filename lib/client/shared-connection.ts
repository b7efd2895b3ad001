import { connect } from './connection.ts'
import type { Connection } from './events.ts'
import { reorder, type OnState } from './reorder.ts'

/** One client that uses the connection. */
interface Subscriber {
  /** The stations that it wants; empty for all. */
  ids: readonly string[]
  canSleep: boolean
  onState: OnState
  onConnection: (connection: Connection) => void
}

interface SharedConnection {
  add: (subscriber: Subscriber) => void
  remove: (subscriber: Subscriber) => void
  retry: () => void
}

/** The connections of this page, by address. */
const connections = new Map<string, SharedConnection>()

/**
 * Subscribes to stations over the one connection that all clients of this page have to the same address. It requests
 * every station that one of them wants.
 */
export function subscribe (url: URL, subscriber: Subscriber): [retry: () => void, unsubscribe: () => void] {
  const key = url.href
  const connection = connections.get(key) ?? share(url)
  connections.set(key, connection)
  connection.add(subscriber)
  return [connection.retry, () => connection.remove(subscriber)]
}

function share (url: URL): SharedConnection {
  const subscribers = new Set<Subscriber>()
  let state: Connection = { state: 'connecting', transport: null }
  /** The address of the last attempt. */
  let href = ''
  /** How the server has refused the stations that were requested: one does not exist. Since then all stations are requested. */
  let refused: Connection | undefined
  let isUpdating = false
  let connection: ReturnType<typeof connect> | undefined

  const getUrl = (): URL => {
    const target = new URL(url)
    const lists = [...subscribers].map(({ ids }) => ids)
    if (!refused && lists.every(([id]) => id)) for (const id of new Set(lists.flat())) target.searchParams.append('station', id)
    href = target.href
    return target
  }

  const wants = ({ ids }: Subscriber, id: string): boolean => !ids[0] || ids.includes(id)

  /** A subscriber whose station is missing is told how the server has refused it. */
  const emitConnection = (): void => {
    for (const one of subscribers) one.onConnection(refused && state.state === 'open' && !one.ids.every((id) => known.has(id)) ? refused : state)
  }

  const { known, isOutdated, take } = reorder((station, audibleAt) => {
    for (const one of subscribers) if (wants(one, station.id)) one.onState(station, audibleAt)
  })

  /** Runs once after all changes of one task, so that an element that is moved or replaced keeps the connection. */
  const update = (): void => {
    isUpdating = false
    if (!subscribers.size) {
      connection?.[1]()
      connection = undefined
      connections.delete(url.href)
      return
    }
    refused = undefined
    const before = href
    if (!connection) {
      connection = connect({
        getUrl,
        canSleep: () => [...subscribers].every(({ canSleep }) => canSleep),
        isOutdated,
        onMessage: (message) => {
          take(message)
          emitConnection()
        },
        onChange: (change) => {
          if (change.refusal && new URL(href).searchParams.getAll('station').length > 1) {
            refused = change
            return connection?.[0]()
          }
          state = change
          // Which stations exist is not known before the snapshot has been taken.
          if (!refused || change.state !== 'open') emitConnection()
        }
      })
    } else if (getUrl().href !== before || state.state === 'asleep') {
      connection[0]()
    }
    for (const id of known.keys()) if (![...subscribers].some((one) => wants(one, id))) known.delete(id)
    emitConnection()
    for (const { station, audibleAt } of known.values()) for (const one of subscribers) if (wants(one, station.id)) one.onState(station, audibleAt)
  }

  const schedule = (): void => {
    if (!isUpdating) queueMicrotask(update)
    isUpdating = true
  }

  return {
    add: (one) => {
      subscribers.add(one)
      schedule()
    },
    remove: (one) => {
      subscribers.delete(one)
      schedule()
    },
    retry: () => { if (state.state !== 'open') connection?.[0]() }
  }
}
