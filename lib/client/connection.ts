import { createAttempt, type Attempt } from './attempt.ts'
import type { Connection, Refusal } from './events.ts'
import { DEFAULT_HEARTBEAT_MS, FIRST_RETRY_MS, MAX_HIDDEN_RETRY_MS, MAX_RETRY_MS, REFUSED_RETRY_MS, UPGRADE_INTERVAL_MS } from './timeouts.ts'
import { BEST, POLLING, type ReceivedMessage, type TransportOption } from './transports.ts'

export interface ConnectionOptions {
  /** The address to connect to; it is read before each attempt. */
  getUrl: () => URL
  /** Whether to disconnect while the page is hidden. */
  canSleep: () => boolean
  /** Whether another backend is likely to know more than the one that has sent this message. */
  isOutdated: (message: ReceivedMessage) => boolean
  onMessage: (message: ReceivedMessage) => void
  /** Receives each change of the state; it may close the connection. */
  onChange: (connection: Connection) => void
}

/** How many outdated snapshots in a row are passed over before one is accepted: all backends may be in the same situation. */
const MAX_OUTDATED = 3
/** In a row of failures, how often the other transports are tried as well. */
const FALLBACK_EVERY = 4

/**
 * Keeps a connection to the server over the best transport that the network lets through. `reconnect` connects again at
 * once; a connection in use is replaced over the same transport, and stays `open` unless that fails.
 */
export function connect ({ getUrl, canSleep, isOutdated, onMessage, onChange }: ConnectionOptions): [reconnect: () => void, close: () => void] {
  const listening = new AbortController()
  /** The attempt that has delivered a snapshot and is in use, and its transport. */
  let active: Attempt | undefined
  let option = POLLING
  /** The attempt that has not delivered a snapshot yet. */
  let pending: Attempt | undefined
  /** The time at which the connection in use counts as lost. */
  let expiresAt = 0
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

  const schedule = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(open, ms)
  }

  const end = (): void => {
    clearTimeout(timer)
    for (const attempt of [active, pending]) attempt?.end()
    active = pending = undefined
  }

  // A retry uses the transport that worked last, or else polling: each transport that fails leaves an error in the console.
  const open = (tried: TransportOption = active || !failures ? BEST : option): void => {
    const [, openTransport, fallback] = tried
    /** How long the connection may be silent. */
    let silenceMs: number
    clearTimeout(timer)
    pending?.end()
    const attempt = createAttempt((message) => {
      const { code, stations, station, heartbeat } = message
      const isActive = active === attempt
      if (!isActive && !stations && !code) return
      if (!active) option = tried
      // Only an error has a code.
      if (code) return attempt.lose(0, message)
      if (isOutdated(message)) {
        // A poll may be answered by another backend each time: the next answer may be a better one.
        if (outdated++ < MAX_OUTDATED) return isActive || attempt.lose(1)
      } else if (stations) {
        outdated = 0
      }
      if (!isActive) {
        active?.end()
        active = attempt
        option = tried
        pending = undefined
        clearTimeout(timer)
        if (tried !== BEST) schedule(failures ? retryDelay() : upgradeDelay())
      } else {
        failures = 0
      }
      if ((stations ?? [station]).some((one) => one?.status === 'stale')) schedule(upgradeDelay())
      // Only a snapshot states the interval.
      if (stations) silenceMs = (heartbeat ?? DEFAULT_HEARTBEAT_MS) * 1.5 + 2000
      expiresAt = Date.now() + silenceMs
      attempt.expectWithin(silenceMs)
      emitState('open')
      // The listener may have closed the connection.
      if (active === attempt) onMessage(message)
    }, (retry = 0, refusal) => {
      const wasActive = active === attempt
      if (wasActive) active = undefined
      else pending = undefined
      // Only the attempt at a better connection has failed.
      if (active) return schedule(upgradeDelay())
      if (fallback && !retry && !refusal && ((failures + 1) % FALLBACK_EVERY === 0 || !(wasActive || failures))) return open(fallback)
      schedule((refusal ? REFUSED_RETRY_MS : Math.min(UPGRADE_INTERVAL_MS, retry)) + retryDelay())
      failures++
      // Last, because the listener may close the connection.
      emitState(refusal ? 'refused' : 'connecting', refusal)
    })
    pending = attempt
    attempt.start(openTransport, getUrl())
  }

  // Both are random, so that the pages of a server that was restarted do not return at the same time.
  const retryDelay = (): number => Math.min(isHidden() ? MAX_HIDDEN_RETRY_MS : MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** failures) * Math.random()
  const upgradeDelay = (): number => UPGRADE_INTERVAL_MS * (1 + Math.random())

  /** A hidden page may sleep, and a page in the back/forward cache must not have a connection. */
  const handlePageEvent = ({ type }: { type: string }, tried?: TransportOption): void => {
    if (type === 'pagehide' || (canSleep() && isHidden())) {
      end()
      emitState('asleep')
    } else if (type === 'online' || !(isHidden() || pending || (active && Date.now() < expiresAt))) {
      // `online`: the network may be another one. Otherwise, do not wait for the timer, or use a connection that is dead.
      open(tried)
      if (!active && !tried) emitState('connecting')
    }
  }
  for (const type of ['online', 'pagehide', 'pageshow', 'visibilitychange']) globalThis.addEventListener?.(type, (event) => handlePageEvent(event), listening)
  handlePageEvent({ type: 'online' })

  return [() => {
    const replaced = active && option
    failures = 0
    active?.end()
    active = undefined
    handlePageEvent({ type: 'online' }, replaced)
  }, () => {
    listening.abort()
    end()
  }]
}
