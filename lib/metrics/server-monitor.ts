import type { ServerPollerOptions } from '../icecast/server-poller.ts'
import { publishRead } from '../log/diagnostics.ts'

/** How a read ended: `ok`, or the code of the error without `FST_ICECAST_` and in lower case. */
export const READ_RESULTS = [
  'ok', 'unreachable', 'timeout', 'at_limit', 'unauthorized', 'not_found', 'not_icecast', 'bad_status', 'bad_document', 'too_large', 'other'
] as const

export type ReadResult = typeof READ_RESULTS[number]

/** The upper bounds of the buckets of the durations of reads, in seconds. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, Infinity] as const

/** Figures about the reads of one server by this instance. Counters start at 0 when the plugin is registered. */
export interface ServerMetrics {
  /** Host, port and base path: `localhost:8000`. */
  server: string
  /** Whether the last read succeeded; null before the first read. */
  isUp: boolean | null
  /** When a read last succeeded, in ms since 1970; null: never. */
  lastReadAt: number | null
  /** Counters: reads by how they ended. */
  reads: Record<ReadResult, number>
  /** Counters: the reads that took up to so many seconds. Each read counts in all buckets that it fits into. */
  durationBuckets: Array<{ seconds: number, reads: number }>
  /** Counter: the duration of all reads together, in seconds. */
  durationSum: number
  /** Whether the live feed is connected; null: it is not used, or not decided yet. */
  isFeedUp: boolean | null
  /** Streams that are followed now because of the titles in them. */
  streams: number
}

/** The same as `ServerMetrics`, for people. Has no credentials. */
export interface ServerHealth {
  /** Host, port and base path: `localhost:8000`. */
  server: string
  /** Whether the last read succeeded; false before the first read. */
  ok: boolean
  /** Since when `ok` has this value: ISO 8601, UTC, with milliseconds. */
  since: string
  /** When a read last succeeded, in the same form; null: never. */
  lastReadAt: string | null
  /** Whether the live feed is connected; null: it is not used, or not decided yet. */
  liveFeed: boolean | null
  /** Why the last read failed; missing if it did not. */
  error?: string
  /** The code of this error, such as `FST_ICECAST_TIMEOUT`; missing if it has none. */
  code?: string
}

/** Counts the reads of one server, and knows how the last one ended. */
export class ServerMonitor {
  /** Options for the poller, with callbacks that tell this monitor first. */
  readonly pollerOptions: ServerPollerOptions
  readonly #server: string
  readonly #reads = Object.fromEntries(READ_RESULTS.map((result) => [result, 0])) as Record<ReadResult, number>
  readonly #durationBuckets = DURATION_BUCKETS.map((seconds) => ({ seconds, reads: 0 }))
  #durationSum = 0
  #isUp: boolean | null = null
  #since = Date.now()
  #lastReadAt: number | null = null
  #isFeedUp: boolean | null = null
  #streams = 0
  #error: Error | null = null

  constructor (options: ServerPollerOptions) {
    this.#server = serverLabel(options.url)
    this.pollerOptions = {
      ...options,
      onReport: (report, since) => {
        this.#countRead(null, since)
        options.onReport(report, since)
      },
      onFailure: (error, since, began) => {
        this.#countRead(error, began)
        options.onFailure(error, since, began)
      },
      onStreamCount: (count) => { this.#streams = count },
      onFeedUp: () => {
        this.#isFeedUp = true
        options.onFeedUp()
      },
      onFeedDown: (error) => {
        this.#isFeedUp = false
        options.onFeedDown(error)
      }
    }
  }

  get metrics (): ServerMetrics {
    return {
      server: this.#server,
      isUp: this.#isUp,
      lastReadAt: this.#lastReadAt,
      reads: { ...this.#reads },
      durationBuckets: this.#durationBuckets.map((bucket) => ({ ...bucket })),
      durationSum: this.#durationSum,
      isFeedUp: this.#isFeedUp,
      streams: this.#streams
    }
  }

  get health (): ServerHealth {
    const { code, message } = codeAndMessage(this.#error)
    return {
      server: this.#server,
      ok: this.#isUp === true,
      since: toIso(this.#since),
      lastReadAt: this.#lastReadAt === null ? null : toIso(this.#lastReadAt),
      liveFeed: this.#isFeedUp,
      ...message !== undefined && { error: message },
      ...code !== undefined && { code }
    }
  }

  /** `began`: when the read began, by `performance.now()`. */
  #countRead (error: Error | null, began: number): void {
    const now = Date.now()
    const duration = performance.now() - began
    const seconds = duration / 1000
    const isUp = error === null
    this.#reads[resultOf(error)]++
    this.#durationSum += seconds
    for (const bucket of this.#durationBuckets) if (seconds <= bucket.seconds) bucket.reads++
    if (isUp) this.#lastReadAt = now
    if (isUp !== (this.#isUp === true)) this.#since = now
    this.#isUp = isUp
    this.#error = error
    publishRead(() => ({ server: this.#server, startTime: now - duration, duration, error }))
  }
}

/** Host, port and base path of a server. Two entries of `servers` never have the same. */
export function serverLabel ({ protocol, hostname, port, pathname }: URL): string {
  const defaultPort = protocol === 'https:' ? 443 : 80
  return `${hostname}:${port || defaultPort}${pathname.replace(/\/$/, '')}`
}

function resultOf (error: Error | null): ReadResult {
  if (error === null) return 'ok'
  const name = String(codeAndMessage(error).code).replace('FST_ICECAST_', '').toLowerCase()
  return READ_RESULTS.find((result) => result === name) ?? 'other'
}

function codeAndMessage (error: Error | null): { code?: string, message?: string } {
  if (error === null) return {}
  return { message: error.message, ...'code' in error && { code: String(error.code) } }
}

function toIso (ms: number): string {
  return new Date(ms).toISOString()
}
