import type { Station } from '../schemas.ts'
import type { Refusal, Transport } from './events.ts'
import { PAUSE, PAUSE_UNHELD } from './times.ts'

/** A message as it comes: it may have been changed on its way. */
export interface Heard {
  type?: string
  version?: string
  serverTime?: string
  heartbeat?: number
  station?: Station
  stations?: Array<Station | undefined>
  code?: string
  message?: string
}

/** Tells what came. Throws when it is nothing that is known. */
type Hear = (message: Heard) => void
/** Tells that a line has ended, or never began. `retry`: the ms that the server asks to wait, if any. */
type Lose = (retry?: number, refusal?: Refusal) => void
/** Opens a line; returns how to close it. Throws where there is no such thing. */
type Open = (url: URL, hear: Hear, lose: Lose) => () => void

/** A way to the server, and the one to try where it is blocked. */
export type Way = readonly [transport: Transport, open: Open, other?: Way]

/** What can't be read is no message. */
const read = (hear: Hear) => ({ data }: MessageEvent): void => {
  try {
    hear(JSON.parse(data))
  } catch {}
}

const openWebSocket: Open = ({ href }, hear, lose) => {
  const socket = new WebSocket(href.replace('http', 'ws'))
  socket.onmessage = read(hear)
  // A server that closes says `retry=1234`.
  socket.onclose = ({ reason }) => lose(Number(reason.split('retry=')[1]) || 0)
  // The end tells it all; but the package ws throws errors that nobody takes.
  socket.onerror = () => {}
  // Also while it is being opened: browsers open those to one address one after another, so it would hold up the next.
  return () => socket.close()
}

const openEventStream: Open = (url, hear, lose) => {
  const source = new EventSource(url)
  let isOpen = false
  for (const type of ['snapshot', 'update', 'heartbeat']) source.addEventListener(type, read(hear))
  source.onopen = () => {
    isOpen = true
    // Where nothing has changed since it was cut, the server has nothing to say.
    hear({})
  }
  source.onerror = () => {
    // The browser opens it again by itself, once, after the time that the server has asked for.
    if (!isOpen || source.readyState > 1) lose()
    isOpen = false
  }
  return () => source.close()
}

const poll: Open = (url, hear, lose) => {
  const controller = new AbortController()
  const { signal } = controller
  const target = new URL(url)
  let tag: string | undefined
  let timer: ReturnType<typeof setTimeout>
  const ask = async (): Promise<void> => {
    const asked = Date.now()
    try {
      // With this header no cache of the browser's answers it.
      const response = await fetch(target, { signal, headers: { 'if-none-match': `"${tag}"` } })
      const { status } = response
      const body = status === 304 ? {} : await response.json()
      if (status > 399) return lose(0, status < 500 ? body : undefined)
      tag = body.version ?? tag
      hear(body)
      timer = setTimeout(ask, Math.max(PAUSE, asked + PAUSE_UNHELD - Date.now()) * Math.random())
    } catch {
      lose()
    }
  }
  // s that the server may hold an answer.
  target.searchParams.set('wait', '25')
  ask()
  return () => {
    clearTimeout(timer)
    controller.abort()
  }
}

/** The best first. */
export const BEST: Way = ['websocket', openWebSocket, ['eventstream', openEventStream, ['polling', poll]]]
