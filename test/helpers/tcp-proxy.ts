import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface TcpProxy {
  readonly port: number
  /** The connections that are open, in the order in which they were made. */
  readonly connections: readonly ProxiedConnection[]
  /** Closes all connections. */
  cut (): void
  /** Keeps all connections open, also new ones, and passes nothing on. */
  silence (): void
  /** Passes on again, also what has been held back. */
  resume (): void
  close (): Promise<void>
}

export interface ProxiedConnection {
  silence (): void
}

interface Pair { client: Socket, server: Socket, silence (): void, resume (): void }

/** A proxy on a free port of 127.0.0.1, whose connections can break in the ways of a network. */
export async function startTcpProxy (port: number): Promise<TcpProxy> {
  const pairs = new Set<Pair>()
  let isSilent = false

  const proxy = createServer({ allowHalfOpen: false }, (client) => {
    const server = connect(port, '127.0.0.1')
    const pair: Pair = {
      client,
      server,
      silence () {
        client.pause()
        server.pause()
      },
      resume () {
        client.resume()
        server.resume()
      }
    }
    pairs.add(pair)
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk) => client.write(chunk))
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) socket.on('error', end).on('close', end)
    if (isSilent) pair.silence()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')

  const cut = (): void => { for (const { client } of pairs) client.destroy() }
  return {
    port: (proxy.address() as AddressInfo).port,
    get connections () { return Array.from(pairs) },
    cut,
    silence () {
      isSilent = true
      for (const pair of pairs) pair.silence()
    },
    resume () {
      isSilent = false
      for (const pair of pairs) pair.resume()
    },
    async close () {
      const closed = once(proxy, 'close')
      proxy.close()
      cut()
      await closed
    }
  }
}
