import { once } from 'node:events'
import { get as request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { test } from 'tap'
import { compressOnce, preferredEncoding } from '../../lib/routes/compress.ts'
import { isLive, plays, scenario, until, type Scenario } from '../helpers/station.ts'

/** A title that makes each body larger than 1,024 bytes. */
const TITLE = 'x'.repeat(500)

/** Unlike the global one, it does not decompress. */
type Fetch = (path: string, headers: OutgoingHttpHeaders) => Promise<{ status: number | undefined, headers: IncomingMessage['headers'], body: Buffer }>

async function radio (t: Parameters<typeof scenario>[0], options: Parameters<typeof scenario>[1] = {}): Promise<Scenario & { fetch: Fetch }> {
  const radio = await scenario(t, options)
  radio.icecast.source('/a')
  radio.icecast.title('/a', TITLE)
  await until(radio.app, plays(TITLE))
  const fetch: Fetch = async (path, headers) => {
    const [response]: IncomingMessage[] = await once(request(radio.address + path, { headers }), 'response')
    if (response === undefined) throw new Error('there is no response')
    return { status: response.statusCode, headers: response.headers, body: await buffer(response) }
  }
  return { ...radio, fetch }
}

test('JSON is compressed with brotli or gzip for clients that accept it', async (t) => {
  const { fetch } = await radio(t)
  for (const path of ['/now-playing', '/now-playing/a', '/now-playing?station=a&history=0', '/now-playing?listeners=0']) {
    const plain = await fetch(path, {})
    t.notOk(plain.headers['content-encoding'])
    for (const [encoding, decompress] of [['gzip', gunzipSync], ['br', brotliDecompressSync]] as const) {
      for (let times = 0; times < 2; times++) {
        const { status, headers, body } = await fetch(path, { 'accept-encoding': `deflate, ${encoding}` })
        t.match({ status, headers }, {
          status: 200,
          headers: { 'content-encoding': encoding, 'content-length': String(body.length), etag: plain.headers.etag, vary: 'Accept, Accept-Encoding' }
        })
        t.same(decompress(body), plain.body)
        t.ok(body.length < plain.body.length)
      }
    }
    const unchanged = await fetch(path, { 'accept-encoding': 'gzip', 'if-none-match': plain.headers.etag })
    t.match([unchanged.status, unchanged.headers['content-encoding'], unchanged.body.length], [304, undefined, 0])
  }
})

test('bodies that are small, large or changed by a hook of the app are not compressed', async (t) => {
  const headers = { 'accept-encoding': 'gzip' }
  const { icecast, app, fetch } = await radio(t)
  t.notOk((await fetch('/now-playing/a/history', headers)).headers['content-encoding'], 'small')
  t.notOk((await fetch('/now-playing/nope', headers)).headers['content-encoding'], 'an error')
  for (let index = 0; index < 100; index++) icecast.source(`/${index}`, { description: 'x'.repeat(400) })
  await until(app, (stations) => stations.length === 101 && isLive(stations))
  const some = `/now-playing?${Array.from({ length: 100 }, (_, index) => `station=${index}`).join('&')}`
  t.notOk((await fetch(some, headers)).headers['content-encoding'], 'some of the stations')
  t.equal((await fetch('/now-playing', headers)).headers['content-encoding'], 'gzip', 'all of them')
  t.equal(compressOnce(Buffer.alloc(600_000)).length, 600_000)

  const wrapped = await radio(t, { route: { options: { onSend: async (request, reply, payload) => `{"wrapped":${String(payload)}}` } } })
  const { headers: { 'content-encoding': encoding }, body } = await wrapped.fetch('/now-playing', headers)
  t.equal(encoding, undefined)
  t.match(JSON.parse(String(body)), { wrapped: { stations: [{ id: 'a' }] } })
  for (const name of ['content-encoding', 'cache-control']) {
    const marked = await radio(t, { route: { options: { onSend: async (request, reply) => { reply.header(name, 'identity, no-transform') } } } })
    t.equal((await marked.fetch('/now-playing', headers)).headers['content-encoding'], name === 'content-encoding' ? 'identity, no-transform' : undefined)
  }
})

test('the encoding is the one that the client prefers, and brotli among equals', async (t) => {
  for (const [header, expected] of [
    ['gzip, deflate, br', 'br'], ['br, gzip', 'br'], ['GZIP', 'gzip'], ['gzip;q=1, br;q=0.5', 'gzip'], ['br;q=0', null], ['br; q=0, gzip; q=0.1', 'gzip'],
    ['gzip;q=x', null], ['identity', null], ['*', null], ['', null], ['deflate', null]
  ] as const) t.equal(preferredEncoding(header), expected, header)
})
