import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { Value } from 'typebox/value'
import * as closeCodes from '../lib/push/close-codes.ts'
import { routeSchemas } from '../lib/routes/schemas.ts'
import { messageSchemas, trackSchemas, type Message } from '../lib/schemas.ts'
import { scenario } from './helpers/station.ts'

const page = readFileSync(new URL('../docs/protocol.md', import.meta.url), 'utf8')
const schemas = messageSchemas()

/** The names in the first column of the tables of a section, up to the next heading. */
function namesIn (heading: string): string[] {
  const section = page.split(`\n${heading}\n`)[1]?.split(/\n#/)[0] ?? ''
  return section.split('\n').flatMap((line) => {
    const [, names] = /^\| (`.*?|\d+) \|/.exec(line) ?? []
    return names?.split(', ').map((name) => name.replaceAll('`', '')) ?? []
  })
}

interface Schema { anyOf?: Schema[], enum?: string[], type?: string, items?: Schema, properties?: Record<string, Schema> }

/** The paths of all properties of an object: `track`, `track.id`, `mounts`, `mounts[].path`. */
function pathsOf ({ properties = {} }: Schema, prefix = ''): string[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`
    const { items, ...object } = schema.anyOf?.find(({ type }) => type === 'object') ?? schema
    return [path, ...items === undefined ? pathsOf(object, `${path}.`) : pathsOf(items, `${path}[].`)]
  })
}

test('the protocol page names the fields of each message, as the schemas do', async (t) => {
  // A type that is missing or has no schema is an error of the compiler.
  const types: Record<Message['type'], { properties: object }> = schemas
  t.same(Object.keys(types), ['snapshot', 'update', 'listeners', 'heartbeat', 'error'])
  for (const [type, { properties }] of Object.entries(types)) t.same(namesIn(`### ${type}`), Object.keys(properties), type)
})

test('the protocol page names each field of a station', async (t) => {
  const { station } = trackSchemas()
  // Written in short: `.peak` after `listeners.current`; earlier tracks have the fields of a track; objects that are explained as a whole.
  const named = namesIn('## Station').map((name) => name === '.peak' ? 'listeners.peak' : name)
  const expected = pathsOf(station).filter((path) => !/^(listeners|mounts|next\..*|history\[\]\..*)$/.test(path))
  t.same([...named].sort(), expected.sort())
})

test('the protocol page names each query parameter and close code', async (t) => {
  const { list: { querystring } } = routeSchemas({}, true, 10)
  t.same(namesIn('### Query parameters').sort(), Object.keys(querystring.properties).sort())
  t.same(namesIn('### Close codes'), Object.values(closeCodes).map(String).sort())
})

test('every message that a subscriber receives has the fields of its schema and no others', async (t) => {
  const { icecast, page } = await scenario(t, { heartbeat: 50 })
  icecast.source('/a')
  const subscriber = page()
  await subscriber.snapshot()
  icecast.title('/a', 'One')
  await subscriber.update(({ track }) => track?.text === 'One')
  icecast.listeners('/a', 5)
  await subscriber.message(({ type }) => type === 'listeners')
  await subscriber.message(({ type }) => type === 'heartbeat')
  const rejected = page('/now-playing/nope')
  await rejected.message()
  const messages = [...subscriber.messages, ...rejected.messages]
  t.same(new Set(messages.map(({ type }) => type)), new Set(Object.keys(schemas)))
  for (const message of messages) {
    const { properties } = schemas[message.type]
    t.same(Object.keys(message).sort(), Object.keys(properties).sort(), message.type)
    t.ok(Value.Check(schemas[message.type], message), message.type)
  }
})
