import { Type } from '../json-schema/type.ts'
import { ErrorSchema, trackSchemas } from '../schemas.ts'
import { EXAMPLE_STATION } from './example-station.ts'

/** The longest time for which a request may be held. */
export const MAX_WAIT_SECONDS = 60
/** The most different stations that may be named in `?station`. Before the first read the names are kept in memory unchecked. */
export const MAX_SELECTED_STATIONS = 100
/** The most characters of a name in `?station`. */
export const MAX_STATION_ID_LENGTH = 255

const common = {
  description: 'As a WebSocket, or with `Accept: text/event-stream`: a `snapshot` message, then an `update` or `listeners` for each change. With `Accept: text/plain`: a line of text for each station.',
  tags: ['now playing']
}

function historyParameter (maxHistory: number, description: string) {
  return Type.Optional(Type.Integer({ minimum: 0, maximum: maxHistory, description }))
}

/** `maxHistory`: the option `history`. */
function querySchema (maxHistory: number) {
  return {
    wait: Type.Optional(Type.Integer({
      minimum: 0,
      maximum: MAX_WAIT_SECONDS,
      description: 'Seconds. With `If-None-Match`: how long the answer may be held until something changes.'
    })),
    history: historyParameter(maxHistory, 'The most earlier tracks of each station, also in messages. Default: all.'),
    listeners: Type.Optional(Type.Integer({
      minimum: 0,
      maximum: 1,
      description: '0: changes of listener numbers alone are left out: they send no message, change no `ETag` and end no `wait`. Default: 1.'
    }))
  }
}

const StationId = Type.String({ maxLength: MAX_STATION_ID_LENGTH })

/** Not strict, since errors of the app may have another shape. */
const AnyError = Type.Partial(ErrorSchema, { title: 'Error', additionalProperties: true })

/** Headers of an answer that the client may keep. */
const taggedHeaders = {
  ETag: Type.String({ description: 'Changes with the content. A client sends it back as `If-None-Match`.' }),
  'Cache-Control': Type.String({ description: 'The option `route.cacheControl`.' })
}

const IfNoneMatch = Type.Optional(Type.String({ description: 'The `ETag` of the answer that the client has. If it is still right, the answer is 304.' }))
const tagged = Type.Object({ 'If-None-Match': IfNoneMatch })
const resumable = Type.Object({
  'If-None-Match': IfNoneMatch,
  'Last-Event-ID': Type.Optional(Type.String({ description: 'With `Accept: text/event-stream`: the `id` of the last event. If it is still right, no `snapshot` is sent.' }))
})

const notModified = Type.Null({ description: 'Nothing has changed since the `ETag` in `If-None-Match`.', headers: taggedHeaders })

const others = {
  304: notModified,
  404: { ...AnyError, description: 'There is no such station. The message names those that exist.' },
  '4xx': { ...AnyError, description: 'A parameter is wrong (400), or a subscriber is refused: by `origins` (403), or by `limits.perAddress` (429, with `Retry-After`).' },
  '5xx': { ...AnyError, description: 'A subscriber is refused by `limits.subscribers` (503, with `Retry-After`), or the app has failed.' }
}

/** What the client module is answered with. */
export const moduleResponses = {
  200: {
    description: 'The module.',
    headers: taggedHeaders,
    content: { 'text/javascript': { schema: Type.String() } }
  },
  304: notModified,
  '5xx': { ...AnyError, description: 'The module is not part of this installation.' }
}

const TEXT = {
  schema: Type.String({ description: 'The text of the track, one line for each station. The line is empty if the station has no track.' }),
  example: 'Nina Simone - Feeling Good\n'
}

const EVENTS = {
  schema: Type.String({ description: 'Server-sent events: `snapshot` first, then `update` or `listeners` for each change, and `heartbeat`. The `data` of each is a JSON object.' }),
  example: 'event: heartbeat\ndata: {"type":"heartbeat"}\n\n'
}

/** What @fastify/swagger reads in a schema to leave a route out of the OpenAPI document. */
export function visibilityOf (isPublic: boolean): { hide?: boolean } {
  return isPublic ? {} : { hide: true }
}

/**
 * The schemas of the routes. `trackFields`: the schemas of the fields that the app adds to tracks. `isPublic`: whether the
 * routes are part of the app's OpenAPI document; @fastify/swagger, and Zod's transform for it, leave hidden routes out.
 * `maxHistory`: the option `history`.
 */
export function routeSchemas (trackFields: Readonly<Record<string, object>>, isPublic: boolean, maxHistory: number) {
  const query = querySchema(maxHistory)
  const { nowPlaying, station, history } = trackSchemas(trackFields)
  const params = Type.Object({ station: Type.String({ description: 'The station\'s id.' }) })
  const visibility = visibilityOf(isPublic)
  return {
    list: {
      ...common,
      ...visibility,
      operationId: 'getNowPlaying',
      summary: 'What every station is playing',
      headers: resumable,
      querystring: Type.Object({
        station: Type.Optional(Type.Union([StationId, Type.Array(StationId)], {
          description: `Only these stations; may be repeated, for up to ${MAX_SELECTED_STATIONS} different stations.`
        })),
        ...query
      }),
      response: {
        200: {
          description: 'What every station is playing, or the stations that `?station` names.',
          headers: taggedHeaders,
          content: {
            'application/json': { schema: nowPlaying, example: { version: '1h5k2x-42', stations: [EXAMPLE_STATION] } },
            'text/plain': TEXT,
            'text/event-stream': EVENTS
          }
        },
        ...others
      }
    },
    station: {
      ...common,
      ...visibility,
      operationId: 'getStation',
      summary: 'What one station is playing',
      headers: resumable,
      params,
      querystring: Type.Object(query),
      response: {
        200: {
          description: 'What the station is playing.',
          headers: taggedHeaders,
          content: { 'application/json': { schema: station, example: EXAMPLE_STATION }, 'text/plain': TEXT, 'text/event-stream': EVENTS }
        },
        ...others
      }
    },
    text: {
      ...visibility,
      description: 'The same as the station with `Accept: text/plain`, for software that cannot set a header. If the id of a station ends in `.txt` itself, this URL is that station.',
      tags: common.tags,
      operationId: 'getStationText',
      summary: 'What one station is playing, as a line of text',
      headers: tagged,
      params,
      querystring: Type.Object(query),
      response: {
        200: { description: 'The text of the track.', headers: taggedHeaders, content: { 'text/plain': TEXT } },
        ...others
      }
    },
    /** For the stations whose id is too long for a parameter: the same as above, so that it is documented once. */
    longId: { hide: true, querystring: Type.Object(query) },
    history: {
      ...visibility,
      operationId: 'getStationHistory',
      tags: common.tags,
      summary: 'What one station has played',
      headers: tagged,
      params,
      querystring: Type.Object({ history: historyParameter(maxHistory, 'The most earlier tracks. Default: all.') }),
      response: {
        200: {
          description: 'The earlier tracks of the station, newest first.',
          headers: taggedHeaders,
          content: { 'application/json': { schema: history, example: { station: EXAMPLE_STATION.id, history: EXAMPLE_STATION.history } } }
        },
        ...others
      }
    }
  }
}

export interface Query { wait?: number, history?: number, listeners?: number }
export interface ListRequest { Querystring: Query & { station?: string | string[] } }
export interface HistoryRequest { Params: { station: string }, Querystring: Pick<Query, 'history'> }
export interface StationRequest { Params: { station: string }, Querystring: Query }
