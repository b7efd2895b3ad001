import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test, type Test } from 'tap'
import { explainConnectionError, isTlsServer } from '../../lib/icecast/connection-error.ts'
import { getDocument, openConnection, type CaCertificates } from '../../lib/icecast/request.ts'
import { FST_ICECAST_TIMEOUT } from '../../lib/errors.ts'
import { certificate } from '../helpers/certificate.ts'

async function listen (t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => { sockets.add(socket.on('error', () => {})) })
  server.listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** Reads one document. `timeout`: ms until the read ends with FST_ICECAST_TIMEOUT. */
async function get (t: Test, url: string, { ca, timeout = 10_000 }: { ca?: CaCertificates, timeout?: number } = {}): Promise<string> {
  const connection = openConnection({ url: new URL(url), authorization: null, maxBytes: 1000, ca })
  t.teardown(() => connection.close())
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(new FST_ICECAST_TIMEOUT(timeout)), timeout)
  t.teardown(() => clearTimeout(timer))
  return String(await getDocument(connection, 'status-json.xsl', abort.signal))
}

const UNREACHABLE = 'FST_ICECAST_UNREACHABLE'

test('a server with a private certificate is read with `ca`, and the error without it names the option', async (t) => {
  const port = await listen(t, createHttpsServer(certificate, (_, response) => { response.end('yes') }))
  const url = `https://127.0.0.1:${port}/`
  for (const ca of [certificate.cert, Buffer.from(certificate.cert), [certificate.cert], [Buffer.from(certificate.cert)]]) {
    t.equal(await get(t, url, { ca }), 'yes')
  }
  await t.rejects(get(t, url), { code: UNREACHABLE, message: /self-signed certificate: .*`ca`.*NODE_EXTRA_CA_CERTS/ })
  await t.rejects(get(t, url.replace('127.0.0.1', '127.0.0.2'), { ca: certificate.cert }), { code: UNREACHABLE })
})

test('https:// to a port without TLS says so, whether the server answers, hangs up or is silent', async (t) => {
  const answers = await listen(t, createHttpServer())
  const hangsUp = await listen(t, createServer((socket) => { socket.once('data', () => socket.end()) }))
  const isSilent = await listen(t, createServer())
  for (const port of [answers, hangsUp, isSilent]) {
    await t.rejects(get(t, `https://127.0.0.1:${port}/`, { timeout: port === isSilent ? 200 : 10_000 }), {
      code: UNREACHABLE, message: /does not seem to speak TLS on this port; try http:\/\/ instead of https:\/\/$/
    })
  }
})

test('a server that is silent after the TLS handshake has not answered in time', async (t) => {
  const port = await listen(t, createHttpsServer(certificate, () => {}))
  await t.rejects(get(t, `https://127.0.0.1:${port}/`, { ca: certificate.cert, timeout: 300 }), { code: 'FST_ICECAST_TIMEOUT' })
})

test('http:// to a port with TLS says so', async (t) => {
  const port = await listen(t, createHttpsServer(certificate))
  await t.rejects(get(t, `http://127.0.0.1:${port}/`), { code: UNREACHABLE, message: /speaks TLS on this port; use https:\/\/ instead of http:\/\/$/ })
})

test('isTlsServer ends in time and with its signal', async (t) => {
  const isSilent = new URL(`http://127.0.0.1:${await listen(t, createServer())}/`)
  t.equal(await isTlsServer(isSilent, new AbortController().signal), false, 'after a second')
  t.equal(await isTlsServer(isSilent, AbortSignal.timeout(20)), false, 'with its read')
  t.equal(await isTlsServer(isSilent, AbortSignal.abort()), false, 'which may be over')
  t.equal(await isTlsServer(new URL('http://127.0.0.1/'), AbortSignal.timeout(1000)), false, 'nothing listens at port 80')
})

test('a server that has answered before is not checked for TLS when it resets a connection', async (t) => {
  let connections = 0
  let isBroken = false
  const port = await listen(t, createHttpServer(({ socket }, response) => isBroken ? socket.destroy() : response.end('yes')).on('connection', () => { connections++ }))
  const connection = openConnection({ url: new URL(`http://127.0.0.1:${port}/`), authorization: null, maxBytes: 1000 })
  t.teardown(() => connection.close())
  await getDocument(connection, 'x', AbortSignal.timeout(5000))
  isBroken = true
  await t.rejects(getDocument(connection, 'x', AbortSignal.timeout(5000)), { message: 'Icecast cannot be reached: the connection was closed before the answer was complete' })
  t.equal(connections, 2)
})

// What SHOUTcast says to a path that it does not have: version 1, and two of version 2.
const NOTICE = 'icy-notice2:<BR>SHOUTcast Distributed Network Audio Server/Linux v1.9.8<BR>\r\n'
for (const [version, answer] of [
  ['1', `ICY 404 Resource Not Found\r\nicy-notice1:<BR>\r\n${NOTICE}\r\n`],
  ['2, by its head', `HTTP/1.1 404 Not Found\r\n${NOTICE}content-length: 0\r\n\r\n`],
  ['2, by its page', 'HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n<html><head><title>SHOUTcast Server</title></head>']
] as const) {
  test(`a SHOUTcast ${version} gives the error that it is not Icecast`, async (t) => {
    const port = await listen(t, createServer((socket) => { socket.once('data', () => socket.end(answer)) }))
    await t.rejects(get(t, `http://127.0.0.1:${port}/`), { code: 'FST_ICECAST_NOT_ICECAST', message: /not Icecast but SHOUTcast/ })
  })
}

test('interim answers of a proxy, such as 100 Continue, do not fail a read', async (t) => {
  for (const interim of ['100 Continue', '102 Processing', '103 Early Hints']) {
    const port = await listen(t, createServer((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 ${interim}\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nyes`))
    }))
    t.equal(await get(t, `http://127.0.0.1:${port}/`), 'yes', interim)
  }
  const port = await listen(t, createServer((socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'))
  }))
  await t.rejects(get(t, `http://127.0.0.1:${port}/`), { code: UNREACHABLE }, 'a change of protocols does')
})

test('explainConnectionError gives the reason whatever was thrown', (t) => {
  const url = new URL('http://127.0.0.1/')
  const explain = (error: unknown) => explainConnectionError(error, url).message
  t.equal(explain(new AggregateError([new Error('IPv6: no'), new Error('IPv4: no')])), 'Icecast cannot be reached: IPv6: no; IPv4: no')
  t.equal(explain('no'), 'Icecast cannot be reached: no')
  const reason = new Error('enough')
  t.equal(explainConnectionError(reason, url, { isHandshakePending: true }), reason, 'another reason than the time stays')
  t.end()
})
