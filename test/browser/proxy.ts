import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Test } from 'tap'

/** How the proxy treats a request: forwards it, answers 403, or forwards it and drops the response. */
type Manner = 'pass' | 'forbid' | 'swallow'

/** A proxy between pages and a backend, as in some offices and hotels. */
export interface Proxy {
  /** `http://127.0.0.1:PORT` */
  url: string
  /** `strip`: forwards an upgrade as a plain GET; `ignore`: never answers. */
  webSockets: Manner | 'strip' | 'ignore'
  eventStreams: Manner
  /** Forwarded requests that are not streams, oldest first. */
  requests: IncomingMessage[]
  /** The number of WebSocket handshakes that were not answered. */
  ignored: number
  /** Stops all traffic on the open connections without closing them. New connections work. */
  freeze: () => void
  /** Cuts all connections and stops to listen, like a process that is killed. */
  stop: () => Promise<void>
}

export async function startProxy (t: Test, backend: string, { webSockets = 'pass', eventStreams = 'pass', port: wanted = 0 }: Partial<Pick<Proxy, 'webSockets' | 'eventStreams'>> & { port?: number } = {}): Promise<Proxy> {
  const { hostname, port } = new URL(backend)
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }
  const forward = (incoming: IncomingMessage, headers = incoming.headers) =>
    request({ hostname, port, path: incoming.url, method: incoming.method, headers, agent: false }).on('socket', keep)

  function pass (incoming: IncomingMessage, response: ServerResponse): void {
    const isStream = incoming.headers.accept?.includes('text/event-stream') === true
    if (isStream && proxy.eventStreams === 'forbid') {
      response.writeHead(403).end()
      return
    }
    if (!isStream) proxy.requests.push(incoming)
    const outgoing = forward(incoming)
    outgoing.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      if (isStream && proxy.eventStreams === 'swallow') answer.resume()
      else answer.pipe(response)
      response.flushHeaders()
    })
    // The backend is down.
    outgoing.on('error', () => response.destroy())
    response.on('close', () => outgoing.destroy())
    outgoing.end()
  }

  function upgrade (incoming: IncomingMessage, socket: Socket): void {
    if (proxy.webSockets === 'ignore') {
      proxy.ignored++
      return
    }
    if (proxy.webSockets === 'forbid') {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    const isStripped = proxy.webSockets === 'strip'
    const { upgrade, connection, ...plain } = incoming.headers
    const outgoing = forward(incoming, isStripped ? plain : incoming.headers)
    outgoing.on('response', (answer) => {
      socket.write(`HTTP/1.1 ${answer.statusCode} OK\r\nConnection: close\r\n\r\n`)
      answer.pipe(socket)
    })
    outgoing.on('upgrade', (answer, line: Socket, head: Buffer) => {
      const headers = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('')}\r\n`)
      if (proxy.webSockets !== 'swallow') {
        socket.write(head)
        line.pipe(socket)
      }
      socket.pipe(line)
      line.on('close', () => socket.destroy())
      socket.on('close', () => line.destroy())
    })
    outgoing.on('error', () => socket.destroy())
    outgoing.end()
  }

  const server = createServer(pass).on('upgrade', upgrade).on('connection', keep).listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close')
    server.close()
    for (const socket of sockets) socket.destroy()
    if (server.listening) await closed
  }
  t.teardown(stop)
  const { port: own } = server.address() as AddressInfo
  const proxy: Proxy = { url: `http://127.0.0.1:${own}`, webSockets, eventStreams, requests: [], ignored: 0, freeze: () => { for (const socket of sockets) socket.unpipe().pause() }, stop }
  return proxy
}
