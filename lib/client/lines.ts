import type { Station } from '../schemas.ts'
import type { Refusal } from './events.ts'

// The three ways to the server, the best first.

/** A message as it comes: it may have been changed on its way. */
export interface Heard {
  type?: string | undefined
  version?: string | undefined
  serverTime?: string | undefined
  heartbeat?: number | undefined
  station?: Station | undefined
  stations?: Station[] | undefined
  code?: string | undefined
  message?: string | undefined
}

/** Whom a line tells. */
export interface Ear {
  hear (message: Heard | null): void
  /** It was cut, and the browser opens it again by itself. */
  rest (): void
  /** It has ended, or never began. `retry`: the ms that the server asks to wait, else NaN. */
  lose (retry?: number, refusal?: Refusal): void
}

/** Returns how to close it. Throws where there is no such thing. */
type Open = (url: URL, ear: Ear) => () => void

const HEARTBEAT: Heard = { type: 'heartbeat' }
/** ms until the next question: at the most after an answer, at the least after one that was not held. */
const NEXT = 2000
const NEXT_UNHELD = 5000

const parse = (data: string): Heard | null => {
  try {
    return JSON.parse(data)
  } catch {
    return null
  }
}

const websocket: Open = ({ href }, { hear, lose }) => {
  const socket = new WebSocket(href.replace('http', 'ws'))
  socket.onmessage = ({ data }) => hear(parse(data))
  // 1012 comes with `retry=1234`.
  socket.onclose = ({ reason }) => lose(Number(reason.split('=')[1]))
  // Closing one that is still being opened is an error on the console.
  return () => {
    if (socket.readyState === 0) socket.onopen = () => socket.close()
    else socket.close()
  }
}

const eventStream: Open = (url, { hear, rest, lose }) => {
  const source = new EventSource(url)
  let isOpen = false
  for (const type of ['snapshot', 'update', 'heartbeat']) source.addEventListener(type, ({ data }) => hear(parse(data)))
  source.onopen = () => {
    isOpen = true
    // Where nothing has changed since it was cut, the server has nothing to say.
    hear(HEARTBEAT)
  }
  source.onerror = () => {
    if (isOpen && !source.readyState) rest()
    else lose()
    isOpen = false
  }
  return () => source.close()
}

const polling: Open = (url, { hear, lose }) => {
  const controller = new AbortController()
  const { signal } = controller
  const target = new URL(url)
  const headers: Record<string, string> = {}
  let timer: ReturnType<typeof setTimeout>
  const ask = async (): Promise<void> => {
    const asked = Date.now()
    let pause = 0
    try {
      const response = await fetch(target, { signal, headers, cache: 'no-store' })
      const { ok, status } = response
      if (status === 304) {
        hear(HEARTBEAT)
        if (Date.now() - asked < 1000) pause = (Number(response.headers.get('retry-after')) * 1000 || NEXT_UNHELD) * (1 + Math.random())
      } else {
        const body = await response.json()
        if (!ok) return lose(NaN, status < 500 ? body : undefined)
        hear({ ...body, type: 'snapshot' })
        headers['if-none-match'] = `"${body.version}"`
        target.searchParams.set('wait', '25')
        pause = Math.random() * NEXT
      }
      timer = setTimeout(ask, pause)
    } catch {
      lose()
    }
  }
  ask()
  return () => {
    controller.abort()
    clearTimeout(timer)
  }
}

export const LINES = [websocket, eventStream, polling] as const
