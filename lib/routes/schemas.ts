import { Type } from 'typebox'
import { ErrorSchema, NowPlayingSchema, StationSchema } from '../schemas.ts'

/** s that a request may be held. */
const WAIT_MOST = 60

const common = {
  description: 'As a WebSocket, or with `Accept: text/event-stream`: a `snapshot` message, then an `update` for each change. With `Accept: text/plain`: a line of text for each station.',
  tags: ['now playing']
}

const query = {
  wait: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: WAIT_MOST,
    description: 'Seconds. With `If-None-Match`: how long the answer may be held until something changes.'
  })),
  history: Type.Optional(Type.Integer({ minimum: 0, maximum: 0, description: '0: without the earlier tracks.' }))
}

/** Not strict: an app may have errors of its own, with another shape. */
const AnyError = Type.Partial(ErrorSchema, { additionalProperties: true })

const others = {
  304: Type.Null({ description: 'Nothing has changed since the `ETag` in `If-None-Match`.' }),
  404: AnyError,
  '4xx': AnyError,
  '5xx': AnyError
}

export const listSchema = {
  ...common,
  summary: 'What every station is playing',
  querystring: Type.Object({
    station: Type.Optional(Type.Union([Type.String(), Type.Array(Type.String(), { maxItems: 1000 })], {
      description: 'Only these stations; may be repeated.'
    })),
    ...query
  }),
  response: { 200: NowPlayingSchema, ...others }
}

export const stationSchema = {
  ...common,
  summary: 'What one station is playing',
  params: Type.Object({ station: Type.String({ description: 'The station\'s id.' }) }),
  querystring: Type.Object(query),
  response: { 200: StationSchema, ...others }
}

export interface Query { wait?: number, history?: number }
export interface ListRequest { Querystring: Query & { station?: string | string[] } }
export interface StationRequest { Params: { station: string }, Querystring: Query }
