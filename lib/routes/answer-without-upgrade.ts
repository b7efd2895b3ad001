import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'

/** Header fields that offer another protocol. */
const OFFER = /^(?:upgrade|http2-settings)$/i

/**
 * Has a server answer a request over HTTP/1.1 although it offers another protocol (RFC 9110, section 7.8): curl and Java offer
 * `h2c` with requests of any kind. Before 24.9 Node has given up reading the connection by then, so the server is given it
 * again, with the request as it would be without the offer.
 */
export function answerWithoutUpgrade (server: Server, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.unshift(Buffer.concat([Buffer.from(headWithoutOffer(request), 'latin1'), head]))
  server.emit(server instanceof TlsServer ? 'secureConnection' : 'connection', socket)
}

function headWithoutOffer ({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (OFFER.test(name)) continue
    lines.push(`${name}: ${name.toLowerCase() === 'connection' ? withoutOffer(value) : value}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** The value of `Connection` names the fields of an offer. */
function withoutOffer (connection: string): string {
  return connection.split(',').filter((option) => !OFFER.test(option.trim())).join(',')
}
