import { Type } from 'typebox'
import { ErrorSchema, trackSchemas } from '../schemas.ts'

/** s that a request may be held. */
export const MAX_WAIT_SECONDS = 60
/** Of how many earlier tracks an answer may be: it has all or none. */
export const MAX_HISTORY = 0
/** The most different stations that may be named in `?station`. Before the first read the names are kept in memory unchecked. */
export const MAX_SELECTED_STATIONS = 100
/** The most characters of a name in `?station`. */
export const MAX_STATION_ID_LENGTH = 255

const common = {
  description: 'As a WebSocket, or with `Accept: text/event-stream`: a `snapshot` message, then an `update` for each change. With `Accept: text/plain`: a line of text for each station.',
  tags: ['now playing']
}

const query = {
  wait: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: MAX_WAIT_SECONDS,
    description: 'Seconds. With `If-None-Match`: how long the answer may be held until something changes.'
  })),
  history: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_HISTORY, description: '0: without the earlier tracks.' }))
}

const StationId = Type.String({ maxLength: MAX_STATION_ID_LENGTH })

/** Not strict: an app may have errors of its own, with another shape. */
const AnyError = Type.Partial(ErrorSchema, { additionalProperties: true })

const others = {
  304: Type.Null({ description: 'Nothing has changed since the `ETag` in `If-None-Match`.' }),
  404: AnyError,
  '4xx': AnyError,
  '5xx': AnyError
}

/** `trackFields`: the schemas of the fields that tracks have beside their own. */
export function routeSchemas (trackFields: Readonly<Record<string, object>>) {
  const { nowPlaying, station, history } = trackSchemas(trackFields)
  const params = Type.Object({ station: Type.String({ description: 'The station\'s id.' }) })
  return {
    list: {
      ...common,
      summary: 'What every station is playing',
      querystring: Type.Object({
        station: Type.Optional(Type.Union([StationId, Type.Array(StationId)], {
          description: `Only these stations; may be repeated, for up to ${MAX_SELECTED_STATIONS} different stations.`
        })),
        ...query
      }),
      response: { 200: nowPlaying, ...others }
    },
    station: {
      ...common,
      summary: 'What one station is playing',
      params,
      querystring: Type.Object(query),
      response: { 200: station, ...others }
    },
    history: {
      tags: common.tags,
      summary: 'What one station has played',
      params,
      response: { 200: history, ...others }
    }
  }
}

export interface Query { wait?: number, history?: number }
export interface ListRequest { Querystring: Query & { station?: string | string[] } }
export interface StationRequest { Params: { station: string }, Querystring: Query }
