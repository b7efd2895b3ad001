import type { Station } from '../schemas.ts'
import type { Connection, Refusal } from './events.ts'
import { DEFAULT_HEARTBEAT_MS, FALLBACK_EVERY, FIRST_RETRY_MS, MAX_HIDDEN_RETRY_MS, MAX_OUTDATED, MAX_RETRY_MS, MAX_SERVER_RETRY_MS, QUIET_RETRY_MS, REFUSED_RETRY_MS, SNAPSHOT_TIMEOUT_MS, UPGRADE_INTERVAL_MS } from './constants.ts'
import { BEST, POLLING, type OnLoss, type ReceivedMessage, type TransportOption } from './transports.ts'

/**
 * Keeps a connection to the server over the best transport that the network lets through. `reconnect` connects again at
 * once; a connection in use is replaced over the same transport, and stays `open` unless that fails.
 *
 * - `getUrl`: returns the address to connect to; it is called before each attempt.
 * - `canSleep`: whether to disconnect while the page is hidden.
 * - `isOutdated`: whether another backend is likely to know more than the one that has sent this message.
 * - `onChange`: receives each change of the state; it may close the connection.
 */
export function connect (
  getUrl: () => URL,
  canSleep: () => boolean,
  isOutdated: (message: ReceivedMessage) => boolean,
  onMessage: (message: ReceivedMessage) => void,
  onChange: (connection: Connection) => void
): [reconnect: () => void, close: () => void] {
  const listening = new AbortController()
  /** Ends the attempt that has delivered a snapshot and is in use. */
  let active: (() => void) | undefined
  /** The transport of that attempt. */
  let option = POLLING
  /** Ends the attempt that has not delivered a snapshot yet. */
  let pending: (() => void) | undefined
  /** The time at which the connection in use counts as lost. */
  let expiresAt: number
  let reported: string
  let timer: ReturnType<typeof setTimeout>
  /** The number of connections in a row that failed, or ended after their first message. */
  let failures = 0
  let outdated = 0

  const isHidden = (): boolean | undefined => globalThis.document?.hidden

  const emitState = (state: Connection['state'], refusal?: Refusal): void => {
    const transport = active ? option[0] : null
    if (reported !== (reported = state + transport)) onChange({ state, transport, refusal })
  }

  /** Connects after `ms` and up to `spreadMs` more. It is random, so that the pages of a server that was restarted do not return at the same time. */
  const schedule = (ms: number, spreadMs = Math.min(isHidden() ? MAX_HIDDEN_RETRY_MS : MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)): void => {
    clearTimeout(timer)
    timer = setTimeout(open, ms + spreadMs * Math.random())
  }
  const scheduleUpgrade = (): void => schedule(UPGRADE_INTERVAL_MS, UPGRADE_INTERVAL_MS)

  const end = (): void => {
    clearTimeout(timer)
    pending?.()
    active?.()
    active = pending = undefined
  }

  // A retry uses the transport that worked last, or else polling: each transport that fails leaves an error in the console.
  const open = (tried: TransportOption = active || !failures ? BEST : option): void => {
    const [, openTransport, fallback] = tried
    let isOver: boolean | undefined
    let disconnect: (() => void) | undefined
    let watchdog: ReturnType<typeof setTimeout>
    /** How long the connection may be silent before it counts as lost. */
    let silenceMs = SNAPSHOT_TIMEOUT_MS

    const watch = (): void => {
      clearTimeout(watchdog)
      watchdog = setTimeout(lose, silenceMs)
    }
    const endThis = (): void => {
      isOver = true
      clearTimeout(watchdog)
      disconnect?.()
    }
    const lose: OnLoss = (retry = 0, refusal) => {
      if (isOver) return
      endThis()
      const wasActive = active === endThis
      if (wasActive) active = undefined
      else pending = undefined
      // Only the attempt at a better connection has failed.
      if (active) return scheduleUpgrade()
      if (fallback && !retry && !refusal && (failures % FALLBACK_EVERY === FALLBACK_EVERY - 1 || !(wasActive || failures))) return open(fallback)
      schedule(Math.min(MAX_SERVER_RETRY_MS, refusal ? REFUSED_RETRY_MS : retry))
      failures++
      // Not while the page only does what the server has asked for. Last, because the listener may close the connection.
      if (!(wasActive && retry && retry < QUIET_RETRY_MS)) emitState(refusal ? 'refused' : 'connecting', refusal)
    }

    clearTimeout(timer)
    pending?.()
    pending = endThis
    watch()
    try {
      disconnect = openTransport(getUrl(), (message) => {
        const { code, stations } = message
        if (isOver) return
        const isActive = active === endThis
        if (!(isActive || stations || code)) return
        if (!active) option = tried
        // Only an error has a code.
        if (code) return lose(0, message)
        if (isOutdated(message)) {
          // A poll may be answered by another backend each time: the next answer may be a better one.
          if (outdated++ < MAX_OUTDATED) return isActive || lose(1)
        } else if (stations) {
          outdated = 0
        }
        if (isActive) {
          failures = 0
        } else {
          active?.()
          active = endThis
          option = tried
          pending = undefined
          tried === BEST ? clearTimeout(timer) : failures ? schedule(0) : scheduleUpgrade()
        }
        if ((stations ?? [message.station as Station | undefined]).some((one) => one?.status === 'stale')) scheduleUpgrade()
        // Only a snapshot states the interval.
        if (stations) silenceMs = (message.heartbeat ?? DEFAULT_HEARTBEAT_MS) * 1.5 + 2000
        expiresAt = Date.now() + silenceMs
        watch()
        emitState('open')
        // The listener may have closed the connection.
        if (!isOver) onMessage(message)
      }, lose)
    } catch {
      lose()
    }
  }

  /** A hidden page may sleep, and a page in the back/forward cache must not have a connection. */
  const handlePageEvent = ({ type = 'online' }, tried?: TransportOption): void => {
    if ((canSleep() && isHidden()) || type === 'pagehide') {
      end()
      emitState('asleep')
    } else if (type === 'online' || !(isHidden() || pending || (active && Date.now() < expiresAt))) {
      // `online`: the network may be another one. Otherwise, do not wait for the timer, or use a connection that is dead.
      open(tried)
      if (!active && !tried) emitState('connecting')
    }
  }
  for (const type of ['online', 'pagehide', 'pageshow', 'visibilitychange']) globalThis.addEventListener?.(type, handlePageEvent, listening)
  handlePageEvent({})

  return [() => {
    const replaced = active && option
    failures = 0
    active?.()
    active = undefined
    handlePageEvent({}, replaced)
  }, () => {
    listening.abort()
    end()
  }]
}
