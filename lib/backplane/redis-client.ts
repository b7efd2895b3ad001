import { setTimeout as delay } from 'node:timers/promises'
import { FST_ICECAST_REDIS, invalidOption } from '../errors.ts'
import type { RedisScript } from './redis-scripts.ts'

/**
 * A client of `ioredis` 5 or 6 (`Redis`, also with Sentinel, or `Cluster`), or of `redis` 5 or 6 (`createClient`,
 * `createCluster`, with 6 also `createSentinel`). Neither package is imported.
 */
export type RedisClient =
  | { readonly status: string, duplicate (...overrides: never[]): unknown, evalsha (...args: never[]): unknown }
  | { readonly isOpen: boolean, duplicate (...overrides: never[]): unknown, evalSha (...args: never[]): unknown }

export interface SubscriberEvents {
  onMessage (message: string): void
  /** Messages arrive from now on. It is called again after each reconnection: messages may have been missed until then. */
  onSubscribed (): void
  onError (error: unknown): void
}

/** What the backplane needs of a client. */
export interface RedisConnection {
  /** Resolves when commands can be sent; connects a client that never was. Rejects when the client was closed. */
  ready (signal: AbortSignal): Promise<void>
  run (script: RedisScript, keys: readonly string[], args: readonly string[]): Promise<unknown>
  /** Opens a connection of its own, which connects again by itself. Returns a function that closes it at once. */
  subscribe (channel: string, events: SubscriberEvents): () => void
}

/** What is used of an ioredis client. */
interface Ioredis {
  readonly status: string
  readonly isCluster?: boolean
  on (event: string, listener: (...args: string[]) => void): unknown
  connect (): Promise<unknown>
  disconnect (): void
  duplicate (...overrides: object[]): Ioredis
  subscribe (channel: string): Promise<unknown>
  eval (source: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>
  evalsha (sha1: string, keyCount: number, ...keysAndArgs: string[]): Promise<unknown>
}

/** What is used of a node-redis client. */
interface NodeRedis {
  readonly isOpen: boolean
  readonly isReady?: boolean
  /** Of a cluster. Version 5 has no `isReady`, and no slots before it is connected. */
  readonly slots?: readonly unknown[]
  /** Of a sentinel client alone. */
  readonly getSentinelNode?: unknown
  readonly options?: { socket?: object }
  on (event: string, listener: (error: unknown) => void): unknown
  connect (): Promise<unknown>
  /** Of a sentinel client it returns a promise. */
  destroy (): unknown
  duplicate (overrides: object): NodeRedis
  subscribe (channel: string, listener: (message: string) => void): Promise<unknown>
  eval (source: string, options: { keys: string[], arguments: string[] }): Promise<unknown>
  evalSha (sha1: string, options: { keys: string[], arguments: string[] }): Promise<unknown>
}

const READY_CHECK_INTERVAL_MS = 20
/** The most ms that a subscriber waits before it connects again. */
const MAX_RECONNECT_DELAY_MS = 1000

/** Throws FST_ICECAST_INVALID_OPTION for anything but a client of the two packages. */
export function redisConnection (client: unknown): RedisConnection {
  if (isIoredis(client)) return ioredisConnection(client)
  if (isNodeRedis(client)) return nodeRedisConnection(client)
  throw invalidOption('client', client,
    'a client of `ioredis` (`new Redis()`, `new Cluster()`) or of `redis` (`createClient()`, `createCluster()`, `createSentinel()`)')
}

function ioredisConnection (client: Ioredis): RedisConnection {
  let wasConnected = false
  return {
    async ready (signal) {
      for (;;) {
        if (client.status === 'ready') {
          wasConnected = true
          return
        }
        if (client.status === 'end' && wasConnected) throw new FST_ICECAST_REDIS('the client was closed')
        if (client.status === 'wait') client.connect().catch(ignore)
        await delay(READY_CHECK_INTERVAL_MS, null, { signal, ref: false })
      }
    },

    run: (script, keys, args) => evaluate(
      () => client.evalsha(script.sha1, keys.length, ...keys, ...args),
      () => client.eval(script.source, keys.length, ...keys, ...args)),

    subscribe (channel, { onMessage, onSubscribed, onError }) {
      const overrides = {
        lazyConnect: true,
        enableOfflineQueue: true,
        maxRetriesPerRequest: null,
        commandTimeout: undefined,
        socketTimeout: undefined,
        retryStrategy: reconnectDelay,
        clusterRetryStrategy: reconnectDelay
      }
      const subscriber = client.isCluster === true ? client.duplicate([], overrides) : client.duplicate(overrides)
      subscriber.on('error', onError)
      subscriber.on('message', (_, message = '') => onMessage(message))
      subscriber.on('ready', () => { subscriber.subscribe(channel).then(onSubscribed, onError) })
      subscriber.connect().catch(onError)
      return () => subscriber.disconnect()
    }
  }
}

function nodeRedisConnection (client: NodeRedis): RedisConnection {
  let wasOpen = false
  return {
    async ready (signal) {
      for (;;) {
        if (client.isReady ?? (client.isOpen && client.slots?.some(Boolean) !== false)) {
          wasOpen = true
          return
        }
        if (!client.isOpen) {
          if (wasOpen) throw new FST_ICECAST_REDIS('the client was closed')
          wasOpen = true
          // Without a listener an error of the client ends the process.
          client.on('error', ignore)
          client.connect().catch(() => {
            // A sentinel client gives up after some attempts. It resolves if the app closes it.
            if (client.getSentinelNode !== undefined) wasOpen = false
          })
        }
        await delay(READY_CHECK_INTERVAL_MS, null, { signal, ref: false })
      }
    },

    run: (script, keys, args) => evaluate(
      () => client.evalSha(script.sha1, { keys: [...keys], arguments: [...args] }),
      () => client.eval(script.source, { keys: [...keys], arguments: [...args] })),

    subscribe (channel, { onMessage, onSubscribed, onError }) {
      let isClosed = false
      let isSubscribed = false
      const subscriber = client.duplicate({
        disableOfflineQueue: false,
        clientSideCache: undefined,
        // By default node-redis gives up for good after a `socketTimeout`.
        socket: {
          ...client.options?.socket,
          socketTimeout: undefined,
          reconnectStrategy: (attempts: number) => isClosed ? false : reconnectDelay(attempts)
        }
      })
      subscriber.on('error', (error) => {
        onError(error)
        // A sentinel client reports that its subscription has failed, but not that it works again.
        if (subscriber.getSentinelNode !== undefined && isSubscribed && !isClosed) onSubscribed()
      })
      subscriber.on('ready', () => {
        if (isClosed) return destroy(subscriber)
        // It has subscribed again before it says that it is ready.
        if (isSubscribed) onSubscribed()
      })
      subscriber.connect().then(async () => {
        await subscriber.subscribe(channel, onMessage)
        isSubscribed = true
        onSubscribed()
      }).catch(onError)
      return () => {
        isClosed = true
        // A client that is destroyed while it connects can leave its socket open. It is destroyed once it is connected,
        // or ends by itself at the next failure.
        if (subscriber.isReady !== false) destroy(subscriber)
      }
    }
  }
}

function destroy (client: NodeRedis): void {
  try {
    // It throws, or rejects, if it was closed already.
    Promise.resolve(client.destroy()).catch(ignore)
  } catch {}
}

/** The ms to wait before a connection is tried again. */
function reconnectDelay (attempts: number): number {
  return Math.min(MAX_RECONNECT_DELAY_MS, 25 * 2 ** Math.min(attempts, 10))
}

/** Redis knows a script by its hash only after it has run it once, and forgets it when it is restarted. */
async function evaluate (byHash: () => Promise<unknown>, bySource: () => Promise<unknown>): Promise<unknown> {
  try {
    return await byHash()
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
    return await bySource()
  }
}

function isIoredis (client: unknown): client is Ioredis {
  return hasMethods(client, ['evalsha', 'eval', 'duplicate', 'connect', 'on']) && 'status' in client && typeof client.status === 'string'
}

function isNodeRedis (client: unknown): client is NodeRedis {
  return hasMethods(client, ['evalSha', 'eval', 'duplicate', 'connect', 'on', 'subscribe']) && 'isOpen' in client && typeof client.isOpen === 'boolean'
}

function hasMethods (value: unknown, names: string[]): value is object {
  if (typeof value !== 'object' || value === null) return false
  return names.every((name) => typeof Reflect.get(value, name) === 'function')
}

function ignore (): void {}
