import type { Station } from '../schemas.ts'
import type { Refusal, Transport } from './events.ts'
import { MIN_STREAM_MS, POLL_INTERVAL_MS, POLL_PAUSE_MS } from './constants.ts'

/** A message as received. A proxy may have changed it, so that every property is optional. */
export interface ReceivedMessage {
  type?: string
  version?: string
  serverTime?: string
  heartbeat?: number
  /** A `listeners` message has the id alone. */
  station?: Station | string | undefined
  listeners?: Station['listeners']
  mounts?: Readonly<Record<string, number | null>>
  stations?: Array<Station | undefined>
  code?: string
  message?: string
}

/** Receives each message. Returns true if it was skipped as outdated. It throws if the message is not an object. */
export type OnMessage = (message: ReceivedMessage) => boolean | void
/** Is called when the transport has ended or could not connect. `retry`: the delay in ms that the server has asked for, or 0. */
export type OnLoss = (retry?: number, refusal?: Refusal) => void
/** Connects and returns a function that disconnects. It throws where the transport is not available. */
export type OpenTransport = (url: URL, onMessage: OnMessage, onLoss: OnLoss) => () => void

/** A transport, and the one to try if it is blocked. */
export type TransportOption = readonly [transport: Transport, open: OpenTransport, fallback?: TransportOption]

/**
 * True while this page has an event stream or a long poll. Browsers open six HTTP/1.1 connections to a host, so that
 * only one of them may be occupied; a second address polls without being held.
 */
let isHolding = false

/** Ignores messages that cannot be parsed. */
const parseInto = (onMessage: OnMessage) => ({ data }: MessageEvent): void => {
  try {
    onMessage(JSON.parse(data))
  } catch {}
}

const openWebSocket: OpenTransport = ({ href }, onMessage, onLoss) => {
  const socket = new WebSocket(href.replace('http', 'ws'))
  socket.onmessage = parseInto(onMessage)
  // A server that shuts down sends a reason such as `retry=1234`.
  socket.onclose = ({ reason }) => onLoss(Number(reason.split('retry=')[1]) || 0)
  // `close` always follows; but the package ws throws an `error` that has no listener.
  socket.onerror = () => {}
  // Also during the handshake: browsers open WebSockets to one host one after another, so a hanging one would block the next.
  return () => socket.close()
}

const openEventStream: OpenTransport = ({ href }, onMessage, onLoss) => {
  if (isHolding) throw Error()
  const source = new EventSource(href)
  let openedAt = 0
  isHolding = true
  for (const type of ['snapshot', 'update', 'listeners', 'heartbeat']) source.addEventListener(type, parseInto(onMessage))
  source.onopen = () => {
    openedAt = Date.now()
    // A stream that was reopened with `Last-Event-ID` sends no snapshot if nothing has changed.
    onMessage({})
  }
  source.onerror = () => {
    // The browser reopens a stream once, unless it was so short that a small `retry:` would make it loop.
    if (source.readyState > 1 || !openedAt || Date.now() < openedAt + MIN_STREAM_MS) onLoss()
    openedAt = 0
  }
  return () => {
    isHolding = false
    source.close()
  }
}

const openPolling: OpenTransport = (url, onMessage, onLoss) => {
  const controller = new AbortController()
  const { signal } = controller
  const target = new URL(url)
  const isHeld = !isHolding
  let tag: string | undefined
  let timer: ReturnType<typeof setTimeout>
  const poll = async (): Promise<void> => {
    const sentAt = Date.now()
    try {
      // With this header the browser does not answer from its own cache.
      const response = await fetch(target, { signal, headers: { 'if-none-match': `"${tag}"` } })
      const { status, headers } = response
      if (status > 499) return onLoss(Number(headers.get('retry-after')) * 1000 || 0)
      const body = status === 304 ? {} : await response.json()
      if (status > 399) return onLoss(0, body)
      // A skipped state has to come again with the next answer.
      tag = onMessage(body) ? tag : body.version ?? tag
      if (!signal.aborted) timer = setTimeout(poll, Math.max(POLL_PAUSE_MS, sentAt + POLL_INTERVAL_MS - Date.now()) * Math.random())
    } catch {
      onLoss()
    }
  }
  // The number of seconds for which the server may hold the answer.
  if (isHeld) target.searchParams.set('wait', '25')
  isHolding = true
  poll()
  return () => {
    if (isHeld) isHolding = false
    clearTimeout(timer)
    controller.abort()
  }
}

/** Repeated requests. They work wherever the server can be reached. */
export const POLLING: TransportOption = ['polling', openPolling]
/** The best transport, with its fallbacks. */
export const BEST: TransportOption = ['websocket', openWebSocket, ['eventstream', openEventStream, POLLING]]
