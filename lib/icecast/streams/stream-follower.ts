import type { IncomingHttpHeaders } from 'node:http'
import {
  FST_ICECAST_AT_LIMIT, FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_CLOSED, FST_ICECAST_LISTENER_ACCOUNT, FST_ICECAST_NOT_FOUND,
  FST_ICECAST_UNAUTHORIZED, FST_ICECAST_UNREACHABLE
} from '../../errors.ts'
import { backoff, type Backoff } from '../backoff.ts'
import { encodeMountPath } from '../documents/mount.ts'
import { isConnectionLoss, isIcecastError, openResponse, toIcecastError, type IcecastError, type OpenResponse } from '../open-response.ts'
import { pause } from '../pause.ts'
import type { CaCertificates } from '../request.ts'
import { Burst, type BurstTimes } from './burst.ts'
import { createStreamReader, type StreamMetadata } from './stream-reader.ts'

export interface StreamFollowerOptions {
  /** The server, with a trailing slash and without credentials: an account is never sent with a stream. */
  url: URL
  /** The mount, decoded, with its leading slash. */
  path: string
  /** For `https:`; undefined: the certificates that Node trusts. */
  ca?: CaCertificates | undefined
  /** ms to the end of the response's head. */
  timeout: number
  /** What is known of the stream has changed. */
  onChange (): void
  /** The stream is not connected. Called once in an outage for each kind of error (its `code`). */
  onDown (error: IcecastError): void
  /** The stream is connected, for the first time or again. */
  onUp (): void
  /** Receives what one of the other callbacks has thrown. */
  onCallbackError (error: unknown): void
  /** For tests. */
  times?: Partial<StreamTimes> | undefined
}

export interface StreamTimes extends BurstTimes {
  /** ms to wait after a connection that was lost. */
  lost: Backoff
  /** The same after HTTP 404: the mount has no source. */
  absent: Backoff
  /** The same after another refusal: a password is required, a redirect, the wrong content. */
  refused: Backoff
  /** The same when the server, or the mount, has as many listeners as it may have. */
  limit: Backoff
  /** ms without audio after which the stream counts as silent. */
  silence: number
}

/** What a stream shows about its mount. */
export type StreamState =
  /** Nothing is known: no answer yet, or none that says whether there is a source. `error`: why; null before the first answer. */
  | { kind: 'unknown', error: IcecastError | null }
  /** Audio arrives. */
  | { kind: 'sending', headers: IncomingHttpHeaders }
  /** It is connected, and no audio arrives. */
  | { kind: 'silent' }
  /** The server says that there is no such mount (HTTP 404). */
  | { kind: 'absent' }
  /** The connection was lost or refused at `since` (monotonic, ms); `before` is what the stream showed until then. */
  | { kind: 'lost', since: number, before: KnownState, error: IcecastError }

type KnownState = Extract<StreamState, { kind: 'sending' | 'silent' | 'absent' }>

/** Icecast's own `<source-timeout>` is 10 s. */
const SILENCE_MS = 10_000
/** Pages and playlists: what answers is not the stream. */
const NO_AUDIO = /^(?:text|image)\/|html|json|xml|mpegurl|scpls/i

/** Follows one mount as a listener does, until `stop`. Audio is not kept. */
export class StreamFollower {
  readonly path: string
  readonly url: URL
  readonly #options: StreamFollowerOptions
  readonly #times: StreamTimes
  readonly #abort = new AbortController()
  readonly #reportedCodes = new Set<string>()
  #state: StreamState = { kind: 'unknown', error: null }
  #error: IcecastError | null = null
  #metadata: StreamMetadata | null = null
  #connectedAt: number | null = null
  #isConnecting = false
  #isUnreadable = false
  #done: Promise<void> | null = null
  #waiters: Array<() => void> = []

  constructor (options: StreamFollowerOptions) {
    this.path = options.path
    this.url = streamUrl(options.url, options.path)
    this.#options = options
    this.#times = {
      lost: backoff(500, 30_000),
      absent: backoff(1000, 5000),
      refused: backoff(60_000, 600_000),
      limit: backoff(30_000, 300_000),
      settle: 500,
      maxSettle: 5000,
      noMetadata: 10_000,
      silence: SILENCE_MS,
      ...options.times
    }
  }

  get state (): StreamState { return this.#state }
  /** How the last connection failed or ended; null before it has. */
  get error (): IcecastError | null { return this.#error }
  /** What the stream says it is playing; null before it has said anything. While the connection is lost: what it said last. */
  get metadata (): StreamMetadata | null { return this.#metadata }
  /** The stream's format has no metadata that can be read. */
  get isUnreadable (): boolean { return this.#isUnreadable }
  /** Since when the server may count this connection as a listener, by `performance.now()`; null while it is not connected. */
  get connectedAt (): number | null { return this.#connectedAt }
  /** The server has been asked for the stream, and has not answered. */
  get isConnecting (): boolean { return this.#isConnecting }

  start (): void { this.#done ??= this.#follow().catch((error: unknown) => this.#options.onCallbackError(error)) }

  /** Resolves when the first answer has come, or has failed to come. */
  async settled (): Promise<void> {
    if (this.#state.kind !== 'unknown' || this.#state.error !== null) return
    await new Promise<void>((resolve) => { this.#waiters.push(resolve) })
  }

  /** Closes the connection at once; resolves when no socket or timer is left. */
  async stop (): Promise<void> {
    this.#abort.abort()
    for (const resolve of this.#waiters.splice(0)) resolve()
    await this.#done
  }

  async #follow (): Promise<void> {
    const { signal } = this.#abort
    let lastWait = 0
    while (!signal.aborted) {
      let upSince = Infinity
      try {
        this.#isConnecting = true
        const connection = await this.#open().finally(() => { this.#isConnecting = false })
        upSince = performance.now()
        await this.#read(connection)
        throw new FST_ICECAST_UNREACHABLE('the stream has ended')
      } catch (error) {
        this.#connectedAt = null
        if (signal.aborted) break
        if (!isIcecastError(error)) throw error
        // The back-off starts again only after a connection that lasted longer than the wait before it.
        if (performance.now() - upSince > lastWait) for (const wait of this.#waits) wait.reset()
        lastWait = this.#fail(error)
        // A stream that ends is the normal end of a source: only what the next attempt meets is worth a message.
        if (upSince === Infinity) this.#report(error)
      }
      await pause(lastWait, signal)
    }
  }

  async #open (): Promise<OpenResponse> {
    const connection = await this.#request()
    const contentType = connection.response.headers['content-type'] ?? ''
    if (!NO_AUDIO.test(contentType)) return connection
    const error = new FST_ICECAST_BAD_DOCUMENT('stream', `its type is ${contentType.slice(0, 100)}`)
    connection.close(error)
    throw error
  }

  async #request (): Promise<OpenResponse> {
    const { ca, timeout } = this.#options
    return await openResponse(this.url, {
      method: 'GET',
      // Servers send ICY metadata only where they are asked for. There is no `auth`: it is not a listener's account.
      headers: { accept: '*/*', 'user-agent': 'fastify-icecast', 'icy-metadata': '1' },
      ca,
      timeout,
      signal: this.#abort.signal
    }).catch((error: unknown) => {
      if (error instanceof FST_ICECAST_UNAUTHORIZED) throw new FST_ICECAST_LISTENER_ACCOUNT(this.url.pathname)
      throw error
    })
  }

  /** Reads the stream until it ends or breaks. */
  async #read ({ response, close }: OpenResponse): Promise<void> {
    const { headers } = response
    const burst = new Burst(this.#times, (metadata) => this.#take(metadata))
    const reader = createStreamReader(headers, { onMetadata: (metadata) => burst.add(metadata) })
    this.#isUnreadable = reader === null
    this.#connectedAt = performance.now()
    try {
      this.#reportedCodes.clear()
      this.#options.onUp()
      await new Promise<void>((resolve, reject) => {
        response.setTimeout(this.#times.silence, () => this.#set({ kind: 'silent' }))
        response.on('data', (chunk: Buffer) => {
          if (this.#state.kind !== 'sending') this.#set({ kind: 'sending', headers })
          reader?.push(chunk)
        })
        response.once('error', (error) => reject(toIcecastError(error, this.url))).once('close', resolve)
      })
    } finally {
      burst.end()
      close(new FST_ICECAST_CLOSED())
    }
  }

  /** Returns the ms to the next attempt. */
  #fail (error: IcecastError): number {
    const { lost, absent, refused, limit } = this.#times
    this.#error = error
    if (error instanceof FST_ICECAST_NOT_FOUND) {
      this.#metadata = null
      this.#set({ kind: 'absent' })
      return absent.next()
    }
    const state = this.#state
    if (state.kind === 'unknown') this.#set({ kind: 'unknown', error })
    else if (state.kind === 'lost') this.#set({ ...state, error })
    else this.#set({ kind: 'lost', since: performance.now(), before: state, error })
    return (error instanceof FST_ICECAST_AT_LIMIT ? limit : isConnectionLoss(error) ? lost : refused).next()
  }

  #report (error: IcecastError): void {
    if (this.#reportedCodes.has(error.code)) return
    this.#reportedCodes.add(error.code)
    this.#options.onDown(error)
  }

  #take (metadata: StreamMetadata | null): void {
    this.#metadata = metadata
    this.#options.onChange()
  }

  #set (state: StreamState): void {
    const isNew = state.kind !== this.#state.kind || (state.kind === 'unknown' && this.#state.kind === 'unknown' && this.#state.error === null)
    this.#state = state
    if (!isNew) return
    if (state.kind !== 'unknown' || state.error !== null) for (const resolve of this.#waiters.splice(0)) resolve()
    this.#options.onChange()
  }

  get #waits (): Backoff[] {
    const { lost, absent, refused, limit } = this.#times
    return [lost, absent, refused, limit]
  }
}

/** The address of a mount below that of its server. */
export function streamUrl (server: URL, path: string): URL {
  const url = new URL(server)
  url.pathname += encodeMountPath(path).slice(1)
  return url
}
