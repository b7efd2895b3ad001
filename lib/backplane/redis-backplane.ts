import { randomUUID } from 'node:crypto'
import { FST_ICECAST_REDIS, FST_ICECAST_REDIS_TIMEOUT, invalidOption } from '../errors.ts'
import { startDeadline } from '../icecast/deadline.ts'
import { LEAVE_HINT, type Backplane, type StoredState } from './backplane.ts'
import { redisConnection, type RedisClient } from './redis-client.ts'
import { LEAD, LEAVE, MAX_STATE_BYTES, MAX_STATIONS, READ, TELL, WRITE, type RedisScript } from './redis-scripts.ts'
import { RedisSubscription } from './redis-subscription.ts'

export type { Backplane, StoredState } from './backplane.ts'
export type { RedisClient } from './redis-client.ts'

export interface RedisBackplaneOptions {
  /** The app's own client of `ioredis` or `redis`. The plugin never closes it, and connects it only if it was never connected. */
  client: RedisClient
  /** Instances with the same name belong together. Default `fastify-icecast`. */
  name?: string
}

/** Shorter than the 1000 ms after which an instance gives up, so that the error names Redis. */
const COMMAND_TIMEOUT_MS = 900
/** With this many commands without an answer nothing more is sent, since the client keeps each until it is answered. */
const MAX_UNANSWERED_COMMANDS = 64
/** The prefix of the fields of stations. */
const STATION = 's:'
/** The number of fields of the state that are not stations. */
const FIXED_FIELDS = 3
const MAX_MESSAGE_BYTES = 4096
/** The first letter of a message says what it is. A message with another one, of a later version, is ignored. */
const HINT = 'h'
const PROBE = 'p'

/** Shares the state of several instances through Redis: see docs/several-instances.md. */
export function redisBackplane (options: RedisBackplaneOptions): Backplane {
  const { client, name } = readOptions(options)
  const connection = redisConnection(client)
  const holder = randomUUID()
  const keys = [`fastify-icecast:{${name}}:state`, `fastify-icecast:{${name}}:lease`]
  const channel = `fastify-icecast:{${name}}:hints`
  const closing = new AbortController()
  let unanswered = 0
  let highestTerm = 0
  let subscription: RedisSubscription | null = null

  /** `action` is what Redis did not do, for the error. */
  async function run (action: string, script: RedisScript, args: readonly string[]): Promise<unknown> {
    if (closing.signal.aborted) throw new FST_ICECAST_REDIS('the backplane was closed')
    if (unanswered >= MAX_UNANSWERED_COMMANDS) throw new FST_ICECAST_REDIS(`it has not answered ${unanswered} commands`)
    const late = new AbortController()
    const cancel = startDeadline(COMMAND_TIMEOUT_MS, () => late.abort(new FST_ICECAST_REDIS_TIMEOUT(action, COMMAND_TIMEOUT_MS)))
    const onClose = (): void => late.abort(new FST_ICECAST_REDIS('the backplane was closed'))
    closing.signal.addEventListener('abort', onClose)
    unanswered++
    const answer = send(script, args, late.signal).finally(() => { unanswered-- })
    try {
      return await Promise.race([answer, rejection(late.signal)])
    } finally {
      cancel()
      closing.signal.removeEventListener('abort', onClose)
    }
  }

  /** Nothing is sent after the deadline: a client would keep it, and send it when Redis is back. */
  async function send (script: RedisScript, args: readonly string[], late: AbortSignal): Promise<unknown> {
    await connection.ready(late)
    return await connection.run(script, keys, args)
  }

  async function publish (message: string): Promise<void> {
    await run('publish', TELL, [channel, message])
  }

  return {
    async lead (ms) {
      const answer = text(await run('answer who leads', LEAD, [holder, String(Math.ceil(ms)), String(highestTerm)]))
      return answer === '' ? null : seen(readTerm(answer))
    },

    async leave () {
      await run('take back the lease', LEAVE, [holder, channel, HINT + LEAVE_HINT])
    },

    async write (term, { head, stations }, hint) {
      const removed: string[] = []
      const fields = ['head', head, 'written', String(term)]
      for (const [id, station] of stations) {
        if (station === null) removed.push(toField(id))
        else fields.push(toField(id), station)
      }
      const answer = await run('write', WRITE, [holder, String(term), channel, toMessage(hint), String(removed.length), ...removed, ...fields])
      return text(answer) === '1'
    },

    async read (ids) {
      if (ids !== undefined && ids.length > MAX_STATIONS) throw new FST_ICECAST_REDIS(`${ids.length} stations cannot be read at once`)
      const fields = ids === undefined ? [] : ['head', 'written', ...ids.map(toField)]
      const answer = await run('read', READ, [String(MAX_STATE_BYTES), String(MAX_STATIONS + FIXED_FIELDS), ...fields])
      const state = readState(answer)
      if (state !== null) seen(state.term)
      return state
    },

    /** Called again after a rejection, it waits for the same subscription. */
    async listen ({ onHint, onLost }) {
      subscription ??= new RedisSubscription({
        open: (events) => connection.subscribe(channel, events),
        publishProbe: () => publish(PROBE),
        onMessage (message) {
          if (message.startsWith(HINT) && Buffer.byteLength(message) <= MAX_MESSAGE_BYTES + 1) onHint(message.slice(1))
        },
        onLost
      })
      await subscription.start(COMMAND_TIMEOUT_MS)
    },

    async tell (hint) {
      await publish(toMessage(hint))
    },

    async close () {
      subscription?.close()
      closing.abort()
    }
  }

  /** Terms that this instance knows are not given again, even if Redis has forgotten them. */
  function seen (term: number): number {
    highestTerm = Math.max(highestTerm, term)
    return term
  }
}

function readOptions (options: RedisBackplaneOptions): { client: unknown, name: string } {
  if (typeof options !== 'object' || options === null) throw invalidOption('backplane', options, '`redisBackplane({ client, name })`')
  const { client, name = 'fastify-icecast' } = options
  if (typeof name !== 'string' || !/^[^{}\p{Cc}]{1,100}$/u.test(name)) {
    throw invalidOption('name', name, 'the name that the instances share: 1 to 100 characters, without `{`, `}` or control characters')
  }
  return { client, name }
}

/** Rejects with the reason of the signal once it is aborted. */
function rejection (signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

function toField (id: string): string {
  return STATION + id
}

function toMessage (hint: string): string {
  if (Buffer.byteLength(hint) > MAX_MESSAGE_BYTES) throw new FST_ICECAST_REDIS(`a hint of more than ${MAX_MESSAGE_BYTES} bytes cannot be published`)
  return HINT + hint
}

/** Others can write to Redis too, so anything may be there. */
function readState (answer: unknown): StoredState | null {
  const fields = Array.isArray(answer) ? answer : []
  const stations = new Map<string, string>()
  let term = ''
  let head = ''
  for (let index = 0; index < fields.length; index += 2) {
    const field = text(fields[index])
    const value = text(fields[index + 1])
    if (field === 'written') term = value
    else if (field === 'head') head = value
    else if (field.startsWith(STATION)) stations.set(field.slice(STATION.length), value)
  }
  return head === '' ? null : { term: readTerm(term), head, stations }
}

function readTerm (value: string): number {
  const term = /^\d+$/.test(value) ? Number(value) : NaN
  if (!Number.isSafeInteger(term)) throw new FST_ICECAST_REDIS('the term that is stored there is not a number')
  return term
}

/** A client can be set to return Buffers. */
function text (value: unknown): string {
  return typeof value === 'string' || Buffer.isBuffer(value) ? value.toString() : ''
}
