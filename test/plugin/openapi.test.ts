import swagger from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { scenario } from '../helpers/station.ts'

interface Operation {
  operationId: string
  responses: Record<string, { content: Record<string, { schema: { title?: string, type: string }, example: unknown }> }>
}

const before = async (app: FastifyInstance): Promise<void> => { await app.register(swagger, { openapi: {} }) }

function operationsOf (app: FastifyInstance): Record<string, Operation> {
  const { paths } = JSON.parse(JSON.stringify(app.swagger()))
  return Object.fromEntries(Object.entries<{ get: Operation }>(paths).map(([path, { get }]) => [path, get]))
}

test('the OpenAPI document names each operation, its types and its content types, with examples', async (t) => {
  const { app } = await scenario(t, { before })
  const operations = operationsOf(app)
  t.match(Object.fromEntries(Object.entries(operations).map(([path, { operationId }]) => [path, operationId])), {
    '/now-playing': 'getNowPlaying',
    '/now-playing/{station}': 'getStation',
    '/now-playing/{station}.txt': 'getStationText',
    '/now-playing/{station}/history': 'getStationHistory',
    '/now-playing/client.js': 'getClientModule'
  })
  t.equal(Object.keys(operations).length, 5, 'the route for long ids is not shown')
  const content = (path: string) => operations[path]?.responses['200']?.content ?? {}
  for (const [path, title] of [['/now-playing', 'NowPlayingList'], ['/now-playing/{station}', 'Station']] as const) {
    t.match(content(path), {
      'application/json': { schema: { title, type: 'object' }, example: {} },
      'text/plain': { schema: { type: 'string' }, example: 'Nina Simone - Feeling Good\n' },
      'text/event-stream': { schema: { type: 'string' }, example: /^event: heartbeat\n/ }
    })
  }
  t.match(content('/now-playing/{station}.txt'), { 'text/plain': { schema: { type: 'string' } } })
  t.match(content('/now-playing/{station}/history'), { 'application/json': { schema: { title: 'History' }, example: { station: 'main', history: [] } } })
})

test('`route.schema: false` leaves the routes out of the OpenAPI document, and ?wait is still checked', async (t) => {
  const { app, get } = await scenario(t, { before, route: { schema: false } })
  t.same(operationsOf(app), {})
  t.equal((await get('/now-playing?wait=x')).status, 400)
})

test('the document\'s transform of an app finds every route of this plugin hidden', async (t) => {
  const seen: unknown[] = []
  await scenario(t, {
    route: { schema: false },
    before: async (app) => { app.addHook('onRoute', ({ schema }) => { seen.push(schema && 'hide' in schema && schema.hide) }) }
  })
  t.same(new Set(seen), new Set([true]))
})
