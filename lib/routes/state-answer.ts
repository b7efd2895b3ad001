import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LongPolls } from '../push/long-polls.ts'
import type { Selection } from '../push/selection.ts'
import type { PublishedState, StationChange } from '../state/published-state.ts'
import { newestVersion, type ReadableState } from '../state/version-order.ts'
import { getStationOrThrow } from '../state/unknown-station.ts'
import type { Form } from './accept.ts'
import { changesJson, changesText, contentTypeOf, type BodyCache, type BodyFormat } from './body-cache.ts'
import { hashOf, matches, namesNewer, sendNotModified, sendTagged } from './etag.ts'
import { isClientGone } from './is-client-gone.ts'
import type { ListRequest } from './schemas.ts'

interface StateAnswerOptions {
  state: PublishedState
  bodies: BodyCache
  longPolls: LongPolls
  cacheControl: string
}

/** What a request asks for. */
interface Wanted {
  format: BodyFormat
  stations: ReadonlySet<string> | null
  /** The station that is to be answered alone; undefined: a list. */
  id: string | undefined
  /** The state with or without changes of listener numbers alone. */
  followed: ReadableState
  /** The `If-None-Match` of the request. */
  known: string | undefined
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

  constructor (options: StateAnswerOptions) {
    this.#options = options
  }

  /**
   * Returns a promise only if the request is held: Fastify's handling of promises costs as much as the rest of an answer.
   * `id`: the station that is to be answered alone; undefined: a list.
   * @throws FST_ICECAST_UNKNOWN_STATION
   */
  send (request: FastifyRequest<ListRequest>, reply: FastifyReply, form: Exclude<Form, 'events'>, { stations, history, hasListeners }: Selection, id?: string): Promise<FastifyReply> | void {
    const { state, longPolls } = this.#options
    const isText = form === 'text'
    const wanted: Wanted = {
      format: isText ? 'text' : history,
      stations,
      id,
      followed: hasListeners || isText ? state : state.withoutListeners,
      known: request.headers['if-none-match']
    }
    if (stations !== null) for (const named of stations) getStationOrThrow(state, named)
    const first = this.#current(wanted)
    const { wait = 0 } = request.query
    if (wait > 0 && first.isKnown) {
      if (longPolls.hasRoom(request) && !isClientGone(request, reply)) {
        allowSilence(request)
        return longPolls.waitForChange({
          client: request,
          stations,
          isRelevant: isText ? changesText : hasListeners ? changesJson : changesMore,
          timeout: Math.min(wait * 1000, timeLeft(request, reply)),
          isCurrent: () => {
            const { version, tag } = this.#current(wanted)
            return tag === first.tag || namesNewer(wanted.known, version)
          },
          onDisconnect: (stop) => reply.raw.on('close', stop)
        }).then(() => {
          if (longPolls.isClosed) closeConnectionAfter(reply)
          // A hook of the app may have answered in the meantime.
          return reply.sent ? reply : this.#end(reply, wanted, this.#current(wanted))
        })
      }
      reply.header('retry-after', RETRY_AFTER)
    }
    this.#end(reply, wanted, first)
  }

  #current (wanted: Wanted): Current {
    const { format, stations, followed, known } = wanted
    const version = newestVersion(followed, stations)
    // Plain text is tagged by its content, since most changes are about listeners. The suffix keeps the tags of formats apart.
    const tag = format === 'text' ? `"${hashOf(this.#body(wanted, version))}.txt"` : `"${version}"`
    return { version, tag, isKnown: known !== undefined && (matches(known, tag) || (format !== 'text' && namesNewer(known, version))) }
  }

  #end (reply: FastifyReply, wanted: Wanted, { version, tag, isKnown }: Current): FastifyReply {
    const { cacheControl } = this.#options
    return isKnown
      ? sendNotModified(reply, tag, cacheControl)
      : sendTagged(reply, tag, cacheControl, contentTypeOf(wanted.format), this.#body(wanted, version))
  }

  /** @throws FST_ICECAST_UNKNOWN_STATION */
  #body ({ format, stations, id, followed }: Wanted, version: string): Buffer {
    const { bodies } = this.#options
    if (id !== undefined) return bodies.one(format, version, getStationOrThrow(followed, id))
    return stations === null
      ? bodies.all(format, version, followed.list)
      : bodies.selection(format, version, [...stations].map((id) => getStationOrThrow(followed, id)))
  }
}

/** Whether more than listener numbers has changed. */
function changesMore ({ isListenersOnly }: StationChange): boolean { return !isListenersOnly }

/** Ends the connection after this answer. The server is closing, which would otherwise wait until the client closes it. */
function closeConnectionAfter (reply: FastifyReply): void {
  const { raw: response } = reply
  if (response instanceof Http2ServerResponse) response.stream.session?.close()
  else if (!reply.sent) reply.header('connection', 'close')
}

/** Fastify's `connectionTimeout` does not end a held request. Node sets it again for the next request of the connection. */
function allowSilence ({ raw: { socket, httpVersionMajor } }: FastifyRequest): void {
  // A request of `inject()` has no real socket, and one over HTTP/2 shares its connection with others.
  if (httpVersionMajor === 1 && socket instanceof Socket) socket.setTimeout(0)
}

/** ms that a request may be held before Fastify's own `handlerTimeout` would answer it. */
function timeLeft ({ routeOptions: { handlerTimeout } }: FastifyRequest, { elapsedTime }: FastifyReply): number {
  return handlerTimeout > 0 ? handlerTimeout * MAX_HANDLER_SHARE - elapsedTime : Infinity
}
