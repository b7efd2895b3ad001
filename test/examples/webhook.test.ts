import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Webhook } from 'standardwebhooks'
import type { FastifyInstance } from 'fastify'
import { test, type Test } from 'tap'
import { openBackend, sendTracks, type Webhook as WebhookOptions } from '../../examples/webhook.ts'
import { memoryBackplane } from '../../index.ts'
import { becomes } from '../helpers/becomes.ts'
import { snippet } from '../helpers/snippets.ts'
import { plays, scenario, until, type ScenarioOptions } from '../helpers/station.ts'

const SECRET = `whsec_${randomBytes(32).toString('base64')}`
const MAIN = '/main.mp3'

interface Received { id: string, headers: Record<string, string>, body: string, text: string }

/** Somebody who receives webhooks; `answer` decides what happens to each. */
async function receiver (t: Test, answer: (response: ServerResponse, count: number) => void = (response) => { response.end() }) {
  const received: Received[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = String(Buffer.concat(chunks))
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    received.push({ id: headers['webhook-id'] ?? '', headers, body, text: JSON.parse(body).data.track.text })
    answer(response, received.length)
    server.emit('received')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    /** Waits for this number of requests. */
    async receives (count: number): Promise<void> {
      while (received.length < count) await once(server, 'received')
    }
  }
}

/** A station that sends its tracks there, with short waits. */
async function sender (t: Test, url: string, options: ScenarioOptions = {}, secrets = [SECRET], limits: Pick<WebhookOptions, 'timeout' | 'maxAge'> = {}) {
  const scene = await scenario(t, { ...options, after: (app) => sendTracks(app, { url, secrets, retryDelays: [10, 20, 30], ...limits }) })
  const play = async (title: string): Promise<void> => {
    scene.icecast.title(MAIN, title)
    await until(scene.app, plays(title))
  }
  if (options.icecast === undefined) scene.icecast.source(MAIN, { name: 'Radio Main' })
  return { ...scene, play }
}

test('each track is sent once, with a signature that the receiver can verify', async (t) => {
  const { url, received, receives } = await receiver(t)
  const other = `whsec_${randomBytes(24).toString('base64')}`
  const { app, play } = await sender(t, url, {}, [SECRET, other])
  await play('Björk - Jóga')
  await receives(1)
  await play('Lamb - Górecki')
  await receives(2)
  for (const { headers, body } of received) {
    for (const secret of [SECRET, other]) t.match(new Webhook(secret).verify(body, headers), { type: 'track.started', data: { station: { id: 'main.mp3', name: 'Radio Main' } } })
    t.throws(() => new Webhook(`whsec_${randomBytes(24).toString('base64')}`).verify(body, headers))
    t.throws(() => new Webhook(SECRET).verify(body.replace('Björk', 'Bjork').replace('Lamb', 'Lambs'), headers))
  }
  t.same(received.map(({ text }) => text), ['Björk - Jóga', 'Lamb - Górecki'])
  t.equal(received[1]?.id, app.nowPlaying.get('main.mp3')?.track?.id)
})

test('a delivery that fails is repeated with the same id: an error status, a redirect, a broken connection', async (t) => {
  const answers: Array<(response: ServerResponse) => void> = [
    (response) => { response.writeHead(500).end() },
    (response) => { response.writeHead(307, { location: '/elsewhere' }).end() },
    (response) => { response.destroy() },
    (response) => { response.writeHead(429, { 'retry-after': '0' }).end() },
    (response) => { response.writeHead(202).end() }
  ]
  const { url, received, receives } = await receiver(t, (response, count) => answers[count - 1]?.(response))
  const { play } = await sender(t, url)
  await play('Björk - Jóga')
  await receives(5)
  t.equal(new Set(received.map(({ id }) => id)).size, 1)
  for (const { body, headers } of received) t.match(new Webhook(SECRET).verify(body, headers), { type: 'track.started' })
  await play('Lamb - Górecki')
  await receives(6)
  t.equal(received.at(-1)?.text, 'Lamb - Górecki')
})

test('a track is no longer sent when the next one begins, or the app closes', async (t) => {
  const { url, received, receives } = await receiver(t, (response) => { response.writeHead(503).end() })
  const { app, play } = await sender(t, url)
  await play('Björk - Jóga')
  await receives(2)
  await play('Lamb - Górecki')
  const isNext = ({ text }: Received) => text === 'Lamb - Górecki'
  while (!received.some(isNext)) await receives(received.length + 1)
  const first = received.findIndex(isNext)
  await receives(first + 4)
  t.ok(received.slice(first).filter((one) => !isNext(one)).length <= 1, 'one may have been under way')
  await app.close()
  const { length } = received
  await new Promise((resolve) => { setTimeout(resolve, 200) })
  t.ok(received.length <= length + 1, 'one may have been under way')
})

test('a track that cannot be sent in time is given up, and logged', async (t) => {
  const { url, receives } = await receiver(t, (response) => { response.writeHead(503).end() })
  const { play, logs } = await sender(t, url, {}, [SECRET], { maxAge: 2000 })
  await play('Björk - Jóga')
  await receives(2)
  await becomes(() => logs.some(({ msg }) => msg === 'a track could not be sent to the webhook'))
})

test('a receiver that does not answer is asked again, and no longer when the next track begins', async (t) => {
  const { url, received, receives } = await receiver(t, () => {})
  const { play } = await sender(t, url, {}, [SECRET], { timeout: 100 })
  await play('Björk - Jóga')
  await receives(2)
  await play('Lamb - Górecki')
  while (received.at(-1)?.text !== 'Lamb - Górecki') await receives(received.length + 1)
  const { length } = received
  await receives(length + 2)
  t.same(new Set(received.slice(length).map(({ text }) => text)), new Set(['Lamb - Górecki']))
})

test('a request that is under way ends when the app closes', async (t) => {
  const hung: ServerResponse[] = []
  const { url, receives } = await receiver(t, (response) => { hung.push(response) })
  const { app, play } = await sender(t, url)
  await play('Björk - Jóga')
  await receives(1)
  const [response] = hung
  const closed = response && once(response, 'close')
  await app.close()
  await closed
  t.equal(response?.writableFinished, false)
})

test('a receiver that answers 410 gets nothing more', async (t) => {
  const { url, received, receives } = await receiver(t, (response) => { response.writeHead(410).end() })
  const { play, logs } = await sender(t, url)
  await play('Björk - Jóga')
  await receives(1)
  while (!logs.some(({ msg }) => msg.includes('410'))) await new Promise(setImmediate)
  await play('Lamb - Górecki')
  await play('Massive Attack - Teardrop')
  t.equal(received.length, 1)
})

test('with several instances each track is sent once', async (t) => {
  const { url, received, receives } = await receiver(t)
  const backplane = memoryBackplane()
  const { icecast, play } = await sender(t, url, { backplane })
  const second = await sender(t, url, { backplane, icecast })
  for (const [index, title] of ['A - 1', 'B - 2', 'C - 3'].entries()) {
    await play(title)
    await until(second.app, plays(title))
    await receives(index + 1)
  }
  t.same(received.map(({ text }) => text), ['A - 1', 'B - 2', 'C - 3'])
})

test('the example as somebody starts it sends tracks, and says what is missing', async (t) => {
  await t.rejects(openBackend({}), /WEBHOOK_URL should be an address/)
  await t.rejects(openBackend({ WEBHOOK_URL: 'https://you.example/hook', WEBHOOK_SECRET: 'whsec_short' }), /WEBHOOK_SECRET should be/)
  const { url, receives } = await receiver(t)
  const { icecast } = await scenario(t)
  icecast.source(MAIN)
  icecast.title(MAIN, 'Björk - Jóga')
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(new URL('../../examples/webhook.ts', import.meta.url))], {
    env: { ...process.env, ICECAST_URL: icecast.url, WEBHOOK_URL: url, WEBHOOK_SECRET: SECRET, PORT: '0' },
    stdio: ['ignore', 'ignore', 'inherit']
  })
  t.teardown(() => child.kill('SIGKILL'))
  await receives(1)
  child.kill('SIGINT')
  t.equal((await once(child, 'exit'))[0], 0)
})

test('the recipes of docs/webhooks.md send what Mastodon, TuneIn and radio.de ask for', async (t) => {
  const requests: Array<{ url: string, headers: IncomingMessage['headers'], body: string }> = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    requests.push({ url: request.url ?? '', headers: request.headers, body })
    response.end()
    server.emit('received')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const env = { MASTODON_URL: url, MASTODON_TOKEN: 'm', TUNEIN_URL: url, TUNEIN_PARTNER: 'p', TUNEIN_KEY: 'k', TUNEIN_STATION: 's1', RADIODE_URL: `${url}/pushmetadata/playingsong`, RADIODE_KEY: 'r' }
  Object.assign(process.env, env)
  t.teardown(() => { for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name) })
  const code = ['Mastodon', 'TuneIn', 'radio.de'].map((heading) => snippet('docs/webhooks.md', heading, 'js')).join('\n')
  const { default: add } = await import(`data:text/javascript,${encodeURIComponent(`export default (app) => {\n${code}\n}`)}`) as { default: (app: FastifyInstance) => void }
  const { app, icecast } = await scenario(t, { stations: { main: { mounts: [MAIN] } }, after: add, kinds: [{ match: /^Spot/, kind: 'ad' }] })
  icecast.source(MAIN)
  const play = async (title: string, count: number): Promise<void> => {
    icecast.title(MAIN, title)
    await until(app, plays(title))
    while (requests.length < count) await once(server, 'received')
  }
  await play('A - One', 3)
  await app.nowPlaying.tell('main', { title: 'Björk - Jóga', album: 'Homogenic' })
  await play('Björk - Jóga', 6)
  const sent = (part: string, index: number) => requests.filter(({ url }) => url.includes(part))[index]
  t.equal(new URLSearchParams(sent('/api/v1/statuses', 1)?.body).get('status'), '♪ Björk - Jóga')
  t.match(sent('/api/v1/statuses', 1)?.headers, { authorization: 'Bearer m', 'idempotency-key': app.nowPlaying.get('main')?.track?.id })
  t.match(sent('/Playing.ashx', 1)?.url, `/Playing.ashx?${new URLSearchParams({ partnerId: 'p', partnerKey: 'k', id: 's1', title: 'Jóga', artist: 'Björk', album: 'Homogenic' })}`)
  t.match(sent('/pushmetadata/playingsong', 1)?.url, `?${new URLSearchParams({ broadcast: 'radiomain', apikey: 'r', title: 'Jóga', artist: 'Björk', album: 'Homogenic' })}`)
  await play('Spot', 8)
  t.ok(sent('/Playing.ashx', 2)?.url.endsWith('&title=Spot&artist=&album=&commercial=true'))
  t.ok(sent('/pushmetadata/playingsong', 2)?.url.endsWith('&commercial=true'))
  t.equal(requests.length, 8, 'an advertisement is not posted')
})
