import { Http2ServerResponse } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ChangeFilter, LongPolls } from '../push/long-polls.ts'
import type { Selection } from '../push/selection.ts'
import type { Station } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'
import type { StateWithoutListeners } from '../state/state-without-listeners.ts'
import { newestVersion, type ReadableState } from '../state/version-order.ts'
import type { Form } from './accept.ts'
import { changesJson, changesText, contentTypeOf, type BodyCache, type BodyFormat } from './body-cache.ts'
import { hashOf, matches, namesNewer, sendTagged } from './etag.ts'
import { isClientGone } from './is-client-gone.ts'
import type { ListRequest } from './schemas.ts'
import { getStationOrThrow } from './unknown-station.ts'

interface StateAnswerOptions {
  state: PublishedState
  /** The same state for requests that did not ask for listener numbers. */
  stateWithoutListeners: StateWithoutListeners
  bodies: BodyCache
  longPolls: LongPolls
  cacheControl: string
}

/** The answer as it is now. */
interface Current {
  version: string
  tag: string
  /** Whether the client has it, or a newer one: of several instances another one may know more. */
  isKnown: boolean
}

/** Seconds after which a client may try again if its request could not be held. */
const RETRY_AFTER = 5

/** The share of Fastify's `handlerTimeout` for which a request may be held. The rest is for the app's hooks. */
const MAX_HANDLER_SHARE = 0.9

/** Answers with the state, with 304 if the client has it, or, with `?wait`, when it has changed. */
export class StateAnswer {
  readonly #options: StateAnswerOptions
  readonly #changesWithoutListeners: ChangeFilter

  constructor (options: StateAnswerOptions) {
    this.#options = options
    this.#changesWithoutListeners = (change) => !options.stateWithoutListeners.isListenersOnly(change)
  }

  /**
   * Returns a promise only if the request is held: Fastify's handling of promises costs as much as the rest of an answer.
   * `id`: the station that is to be answered alone; undefined: a list.
   * @throws FST_ICECAST_UNKNOWN_STATION
   */
  send (request: FastifyRequest<ListRequest>, reply: FastifyReply, form: Exclude<Form, 'events'>, { stations, history, hasListeners }: Selection, id?: string): Promise<FastifyReply> | void {
    const { state, stateWithoutListeners, longPolls } = this.#options
    const known = request.headers['if-none-match']
    const format = form === 'text' ? 'text' : history
    const followed = hasListeners || form === 'text' ? state : stateWithoutListeners
    const body = (version: string): Buffer => this.#body(format, version, followed, stations, id)
    const current = (): Current => {
      const version = newestVersion(followed, stations)
      // Plain text is tagged by its content, since most changes are about listeners. The suffix keeps the tags of formats apart.
      const tag = format === 'text' ? `"${hashOf(body(version))}.txt"` : `"${version}"`
      return { version, tag, isKnown: matches(known, tag) || (format !== 'text' && namesNewer(known, version)) }
    }
    for (const id of stations ?? []) getStationOrThrow(state, id)
    const first = current()
    const { wait = 0 } = request.query
    if (wait > 0 && first.isKnown) {
      if (longPolls.hasRoom(request) && !isClientGone(request, reply)) {
        return longPolls.waitForChange({
          client: request,
          stations,
          isRelevant: this.#filterFor(format, hasListeners),
          timeout: Math.min(wait * 1000, timeLeft(request, reply)),
          isCurrent: () => {
            const { version, tag } = current()
            return tag === first.tag || namesNewer(known, version)
          },
          onDisconnect: (stop) => reply.raw.on('close', stop)
        }).then(() => {
          if (longPolls.isClosed) closeConnectionAfter(reply)
          // A hook of the app may have answered in the meantime.
          return reply.sent ? reply : this.#end(reply, format, current(), body)
        })
      }
      reply.header('retry-after', RETRY_AFTER)
    }
    this.#end(reply, format, first, body)
  }

  #end (reply: FastifyReply, format: BodyFormat, { version, tag, isKnown }: Current, body: (version: string) => Buffer): FastifyReply {
    return sendTagged(reply, tag, isKnown, this.#options.cacheControl, contentTypeOf(format), () => body(version))
  }

  /** @throws FST_ICECAST_UNKNOWN_STATION */
  #body (format: BodyFormat, version: string, followed: ReadableState, stations: ReadonlySet<string> | null, id?: string): Buffer {
    const { bodies } = this.#options
    const find = (id: string): Station => getStationOrThrow(followed, id)
    if (id !== undefined) return bodies.one(format, version, find(id))
    return stations === null ? bodies.all(format, version, followed.list) : bodies.selection(format, version, [...stations].map(find))
  }

  #filterFor (format: BodyFormat, hasListeners: boolean): ChangeFilter {
    return format === 'text' ? changesText : hasListeners ? changesJson : this.#changesWithoutListeners
  }
}

/** Ends the connection after this answer. The server is closing, which would otherwise wait until the client closes it. */
function closeConnectionAfter (reply: FastifyReply): void {
  const { raw: response } = reply
  if (response instanceof Http2ServerResponse) response.stream.session?.close()
  else if (!reply.sent) reply.header('connection', 'close')
}

/** ms that a request may be held before Fastify's own `handlerTimeout` would answer it. */
function timeLeft ({ routeOptions: { handlerTimeout } }: FastifyRequest, { elapsedTime }: FastifyReply): number {
  return handlerTimeout > 0 ? handlerTimeout * MAX_HANDLER_SHARE - elapsedTime : Infinity
}
