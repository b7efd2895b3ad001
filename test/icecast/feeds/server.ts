import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { followLiveFeed, type LiveFeedOptions } from '../../../lib/icecast/feeds/live-feed.ts'

/** What a connection does once the head of a request has come. */
export type Answer = (socket: Socket, head: string) => void

export interface FakeServer {
  url: URL
  /** The heads of all requests. */
  heads: string[]
  /** Resolves with a connection's socket when it has been answered; connections count from 0. */
  connection: (count: number) => Promise<Socket>
  /** How many connections are open. */
  open: () => number
  close: () => Promise<void>
}

/** A server that plays one answer for each connection, the last one for all that follow. */
export async function serve (answers: Answer[], port = 0): Promise<FakeServer> {
  const heads: string[] = []
  const sockets: Socket[] = []
  const answered = waiting()
  const server = createServer((socket) => {
    let head = ''
    socket.on('error', () => {}).on('data', (data) => {
      const isWhole = head.includes('\r\n\r\n')
      head += data.toString('latin1')
      if (isWhole || !head.includes('\r\n\r\n')) return
      const answer = answers[Math.min(heads.push(head), answers.length) - 1]
      sockets.push(socket)
      answer?.(socket, head)
      answered.changed()
    })
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  const { port: bound } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${bound}/`),
    heads,
    connection: (count) => answered.until(() => sockets[count]),
    open: () => sockets.filter((socket) => !socket.closed).length,
    async close () {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}

export const write = (text: string | Buffer): Answer => (socket) => { socket.write(text) }
export const end = (text: string | Buffer): Answer => (socket) => { socket.end(text) }

export interface Following {
  /** `up`, `hint /mount`, `hint /mount (listeners)`, `hint all`, `down FST_ICECAST_…`. */
  log: string[]
  errors: Error[]
  /** Resolves when the log has `count` such entries. */
  seen: (entry: string, count?: number) => Promise<void>
  abort: AbortController
  /** Settles when following has ended. */
  ended: Promise<void>
}

export function follow (url: URL, options: Partial<LiveFeedOptions> = {}): Following {
  const abort = new AbortController()
  const log: string[] = []
  const errors: Error[] = []
  const logged = waiting()
  const add = (entry: string) => {
    log.push(entry)
    logged.changed()
  }
  const ended = followLiveFeed({
    kind: 'stats',
    url,
    authorization: 'Basic c2VjcmV0OnNlY3JldA==',
    timeout: 2000,
    signal: abort.signal,
    waits: { lost: always(1), refused: always(1) },
    onUp: () => add('up'),
    onHint ({ mount, kind }) {
      // Requests, also those of the test, are announced at any time.
      if (kind !== 'requests') add(`hint ${mount ?? 'all'}${kind === 'listeners' ? ' (listeners)' : ''}`)
    },
    onDown (error) {
      errors.push(error)
      add(`down ${error.code}`)
    },
    ...options
  })
  return {
    log,
    errors,
    abort,
    ended,
    async seen (entry, count = 1) {
      await logged.until(() => log.filter((one) => one === entry).length >= count || undefined)
    }
  }
}

/** Waits always the same, and counts. */
export function always (ms: number) {
  return { waits: 0, resets: 0, next () { this.waits++; return ms }, reset () { this.resets++ } }
}

/** Promises for what becomes true some time. */
function waiting () {
  let checks: (() => void)[] = []
  return {
    changed () { for (const check of checks) check() },
    until: <T>(get: () => T | undefined) => new Promise<T>((resolve) => {
      const check = () => {
        const value = get()
        if (value === undefined) return
        checks = checks.filter((one) => one !== check)
        resolve(value)
      }
      checks.push(check)
      check()
    })
  }
}
