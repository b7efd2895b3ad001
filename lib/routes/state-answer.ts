import { Http2ServerResponse } from 'node:http2'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LongPolls } from '../push/long-polls.ts'
import type { PublishedState } from '../state/published-state.ts'
import type { Form } from './accept.ts'
import { changesJson, changesText, CONTENT_TYPES, type BodyFormat } from './body-cache.ts'
import { hashOf, matches, sendTagged } from './etag.ts'
import { isClientGone } from './is-client-gone.ts'
import type { ListRequest } from './schemas.ts'

interface StateAnswerOptions {
  state: PublishedState
  longPolls: LongPolls
  cacheControl: string
}

interface Answer {
  form: Exclude<Form, 'events'>
  /** The ids of the stations that the answer contains; null: all. */
  stations: ReadonlySet<string> | null
  /** The id of the station whose version is the tag of JSON; null: the version of the whole state. */
  taggedBy: string | null
  /** Makes the body from the current state. */
  body: (format: BodyFormat) => Buffer
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

  /** Returns a promise only if the request is held: Fastify's handling of promises costs as much as the rest of an answer. */
  send (request: FastifyRequest<ListRequest>, reply: FastifyReply, { form, stations, taggedBy, body }: Answer): Promise<FastifyReply> | void {
    const { state, longPolls, cacheControl } = this.#options
    const { wait = 0, history } = request.query
    const format = form === 'text' ? 'text' : history === 0 ? 'brief' : 'json'
    // Plain text is tagged by its content, since most changes are about listeners. The suffix keeps the tags of formats apart.
    const tag = (): string => format === 'text'
      ? `"${hashOf(body(format))}.txt"`
      : `"${(taggedBy === null ? undefined : state.versionOf(taggedBy)) ?? state.version}"`
    const end = (currentTag: string): FastifyReply => sendTagged(reply, currentTag, cacheControl, CONTENT_TYPES[format], () => body(format))
    const currentTag = tag()
    if (wait > 0 && matches(request.headers['if-none-match'], currentTag)) {
      if (longPolls.hasRoom(request) && !isClientGone(request, reply)) {
        return longPolls.waitForChange({
          client: request,
          stations,
          isRelevant: format === 'text' ? changesText : changesJson,
          timeout: Math.min(wait * 1000, timeLeft(request, reply)),
          isCurrent: () => tag() === currentTag,
          onDisconnect: (stop) => reply.raw.on('close', stop)
        }).then(() => {
          if (longPolls.isClosed) closeConnectionAfter(reply)
          // A hook of the app may have answered in the meantime.
          return reply.sent ? reply : end(tag())
        })
      }
      reply.header('retry-after', RETRY_AFTER)
    }
    end(currentTag)
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
