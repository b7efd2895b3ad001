import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Balancer {
  readonly port: number
  close (): Promise<void>
}

const CONNECT_TIMEOUT_MS = 1000

/**
 * Gives each connection to the next of `ports`, and to another one if that does not accept it. It passes on bytes, and so
 * WebSockets and event streams too. A real one, such as nginx, also asks another instance when a request fails: see
 * docs/several-instances.md.
 */
export async function startBalancer (port: number, ports: () => readonly number[]): Promise<Balancer> {
  const sockets = new Set<Socket>()
  let turn = 0

  const server = createServer(async (client) => {
    keep(client)
    const all = ports()
    const first = turn++
    for (const index of all.keys()) {
      const instance = await open(Number(all[(first + index) % all.length]))
      if (instance === null) continue
      keep(instance)
      client.pipe(instance).pipe(client)
      // When one side has gone, the other one goes too.
      client.once('close', () => instance.destroy())
      instance.once('close', () => client.destroy())
      if (client.destroyed) instance.destroy()
      return
    }
    client.destroy()
  })

  function keep (socket: Socket): void {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  }

  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async close () {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}

/** Resolves to null when nothing accepts the connection. */
async function open (port: number): Promise<Socket | null> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(CONNECT_TIMEOUT_MS) })
    return socket
  } catch {
    socket.destroy()
    return null
  }
}
