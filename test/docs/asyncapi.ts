import { readFileSync } from 'node:fs'
import { EXAMPLE_STATION } from '../../lib/routes/example-station.ts'
import { routeSchemas } from '../../lib/routes/schemas.ts'
import { messageSchemas } from '../../lib/schemas.ts'

type Json = Record<string, unknown>

/** In what order messages are described, and an example of each. */
const EXAMPLES: Record<keyof ReturnType<typeof messageSchemas>, Json> = {
  snapshot: { type: 'snapshot', version: '1h5k2x-42', serverTime: '2026-01-01T12:35:10.250Z', heartbeat: 25_000, stations: [EXAMPLE_STATION] },
  update: { type: 'update', version: '1h5k2x-43', station: EXAMPLE_STATION },
  listeners: { type: 'listeners', version: '1h5k2x-44', station: 'main', listeners: { current: 43, peak: 97 }, mounts: { '/main.mp3': 43 } },
  heartbeat: { type: 'heartbeat' },
  error: { type: 'error', code: 'FST_ICECAST_UNKNOWN_STATION', message: 'There is no station `man`. Stations: `main`' }
}

const ref = (path: string): Json => ({ $ref: `#/${path}` })

/** The AsyncAPI document of the messages that subscribers receive, made of the schemas of this package. */
export function asyncApiDocument (): Json {
  const { version, description, license } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const { list, station } = routeSchemas({}, true, 10)
  const schemas: Json = {}
  const messages = Object.fromEntries(Object.entries(messageSchemas()).map(([name, schema]) => [name, {
    name,
    summary: plain(schema)['description'],
    contentType: 'application/json',
    payload: namedSchema(schema, schemas),
    examples: [{ payload: EXAMPLES[name as keyof typeof EXAMPLES] }]
  }]))
  const names = Object.keys(messages)
  const channel = (address: string, title: string, query: unknown, parameters: Json): Json => ({
    address,
    title,
    description: 'A WebSocket, or with `Accept: text/event-stream` a stream of server-sent events: `event` is the type of the message, `id` its version and `data` the message. Clients need to send nothing.',
    messages: Object.fromEntries(names.map((name) => [name, ref(`components/messages/${name}`)])),
    ...parameters,
    bindings: { ws: { method: 'GET', query: plain(query), bindingVersion: '0.1.0' } }
  })
  return {
    asyncapi: '3.0.0',
    info: { title: 'fastify-icecast', version, description: `${description}.`, license: { name: license } },
    servers: {
      webSocket: { host: 'radio.example', protocol: 'wss', description: 'Your app.' },
      eventStream: { host: 'radio.example', protocol: 'https', description: 'The same address, for server-sent events.' }
    },
    defaultContentType: 'application/json',
    channels: {
      stations: channel('/now-playing', 'All stations, or those that `?station` names', subscriptionQuery(list.querystring), {}),
      station: channel('/now-playing/{station}', 'One station', subscriptionQuery(station.querystring), { parameters: { station: { description: 'The id of the station.' } } })
    },
    operations: {
      sendStations: { action: 'send', channel: ref('channels/stations'), summary: 'Sends a snapshot at once, and then each change.', messages: names.map((name) => ref(`channels/stations/messages/${name}`)) },
      sendStation: { action: 'send', channel: ref('channels/station'), summary: 'Sends a snapshot at once, and then each change.', messages: names.map((name) => ref(`channels/station/messages/${name}`)) }
    },
    components: { messages, schemas }
  }
}

/** The parameters of a subscription: `?wait` is for long polls only. */
function subscriptionQuery ({ type, properties }: { type: string, properties: Json }): Json {
  const { wait, ...own } = properties
  return { type, properties: own }
}

/** A copy in which schemas with a title are references to `schemas`, where they are added. */
function namedSchema (schema: unknown, schemas: Json): unknown {
  if (Array.isArray(schema)) return schema.map((part: unknown) => namedSchema(part, schemas))
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, namedSchema(part, schemas)]))
  const { title } = copy
  if (typeof title !== 'string') return copy
  schemas[title] = copy
  return ref(`components/schemas/${title}`)
}

function plain (value: unknown): Json {
  return JSON.parse(JSON.stringify(value))
}
