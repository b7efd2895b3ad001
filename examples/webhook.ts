// A backend that sends each track that begins to an address of your choice, signed by Standard Webhooks 1.0.
//
//   ICECAST_URL=http://localhost:8000 WEBHOOK_URL=https://you.example/hook WEBHOOK_SECRET=whsec_… node dist/examples/webhook.js
//
// Run `npm run build` (or `npm start`) once before, since this file is TypeScript. A secret is `whsec_` and 24 to 64 random
// bytes as base64: node -p "'whsec_' + crypto.randomBytes(32).toString('base64')"
import { createHmac } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import Fastify, { type FastifyInstance } from 'fastify'
import fastifyIcecast, { type Station, type Track } from '../index.ts'

export interface Webhook {
  url: string
  /** `whsec_` and 24 to 64 bytes as base64. Two of them while the secret is being changed. */
  secrets: readonly string[]
  /** The waits before the retries, in ms; the last one is repeated. */
  retryDelays?: readonly number[]
  /** Time limit for one request, in ms. */
  timeout?: number
  /** After this time in ms, or when the next track begins, a track is not sent any more. */
  maxAge?: number
}

/** Sends the tracks of all stations from now on. Nothing is stored: a track that begins and ends while the app is down is not sent. */
export function sendTracks (app: FastifyInstance, webhook: Webhook): void {
  /** The delivery of each station; the newest track replaces the one before. */
  const deliveries = new Map<string, AbortController>()
  let isGone = false
  app.nowPlaying.on('track', (track, station) => {
    // With several instances the event fires on each of them.
    if (!app.nowPlaying.leads || isGone) return
    deliveries.get(station.id)?.abort()
    const delivery = new AbortController()
    deliveries.set(station.id, delivery)
    const tooOld = new Error('it was not accepted in time')
    // Not AbortSignal.timeout(): within AbortSignal.any() it may be garbage collected, and then never aborts (Node 20).
    const timer = setTimeout(() => delivery.abort(tooOld), webhook.maxAge ?? 300_000)
    deliver(track, station, webhook, delivery.signal).then(
      (result) => {
        isGone ||= result === 'gone'
        if (isGone) app.log.warn('the webhook answered 410: nothing more is sent')
      },
      () => { if (delivery.signal.reason === tooOld) app.log.warn({ err: tooOld, track: track.text }, 'a track could not be sent to the webhook') }).finally(() => clearTimeout(timer))
  })
  app.addHook('preClose', async () => {
    for (const delivery of deliveries.values()) delivery.abort()
  })
}

type Attempt = 'sent' | 'gone' | { retryAfter: number }

/** Tries until the receiver has accepted the track, or does not want any more. Rejects when `signal` is aborted. */
async function deliver (track: Track, { id, name }: Station, webhook: Webhook, signal: AbortSignal): Promise<'sent' | 'gone'> {
  const { retryDelays = [1000, 5000, 30_000] } = webhook
  const body = JSON.stringify({ type: 'track.started', timestamp: track.startedAt, data: { station: { id, name }, track } })
  let result = await post(track.id, body, webhook, signal)
  for (let retry = 0; typeof result === 'object'; retry++) {
    const [delay = 0] = retryDelays.slice(0, retry + 1).slice(-1)
    await wait(Math.max(result.retryAfter, delay), undefined, { signal })
    result = await post(track.id, body, webhook, signal)
  }
  return result
}

/** Sends it once. Rejects only when `signal` is aborted. `retryAfter`: the wait in ms that the receiver asks for, or 0. */
async function post (id: string, body: string, { url, secrets, timeout = 15_000 }: Webhook, signal: AbortSignal): Promise<Attempt> {
  const request = new AbortController()
  const timer = setTimeout(() => request.abort(), timeout)
  try {
    // The same id with each attempt, so that the receiver can tell a repetition. A redirect is a failure.
    const response = await fetch(url, { method: 'POST', body, headers: sign(id, body, secrets), redirect: 'error', signal: AbortSignal.any([signal, request.signal]) }).finally(() => clearTimeout(timer))
    await response.body?.cancel()
    if (response.ok) return 'sent'
    if (response.status === 410) return 'gone'
    return { retryAfter: Number(response.headers.get('retry-after')) * 1000 || 0 }
  } catch {
    signal.throwIfAborted()
    return { retryAfter: 0 }
  }
}

/** The headers of Standard Webhooks, with one signature for each secret. */
function sign (id: string, body: string, secrets: readonly string[]): Record<string, string> {
  const timestamp = Math.floor(Date.now() / 1000)
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signatures.join(' ') }
}

/** Starts the backend and resolves when it listens. */
export async function openBackend ({ ICECAST_URL = 'http://localhost:8000', WEBHOOK_URL = '', WEBHOOK_SECRET = '', PORT = '3000' }: NodeJS.ProcessEnv): Promise<FastifyInstance> {
  if (!/^https?:/.test(WEBHOOK_URL)) throw new Error('WEBHOOK_URL should be an address such as https://you.example/hook')
  const secrets = WEBHOOK_SECRET.split(' ')
  if (secrets.some((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64').length < 24)) throw new Error('WEBHOOK_SECRET should be `whsec_` and at least 24 bytes as base64')
  const app = Fastify({ logger: true, forceCloseConnections: true })
  await app.register(fastifyIcecast, { url: ICECAST_URL })
  sendTracks(app, { url: WEBHOOK_URL, secrets })
  await app.listen({ port: Number(PORT), host: '127.0.0.1' })
  return app
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  const app = await openBackend(process.env)
  process.once('SIGINT', () => { app.close() })
}
