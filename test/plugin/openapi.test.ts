import swagger from '@fastify/swagger'
import { Validator } from '@seriousme/openapi-schema-validator'
import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { isLive, scenario, until } from '../helpers/station.ts'

interface Operation {
  operationId: string
  parameters: Array<{ name: string, in: string }>
  responses: Record<string, { description: string, headers?: object, content: Record<string, { schema: { title?: string, type: string }, example: unknown }> }>
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

for (const openapi of ['3.0.3', '3.1.0', '3.2.0']) {
  test(`the OpenAPI document is valid as ${openapi}`, async (t) => {
    const { app } = await scenario(t, {
      before: async (app) => { await app.register(swagger, { openapi: { openapi, info: { title: 'Radio', version: '1.0.0' } } }) }
    })
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(app.swagger())))
    t.equal(valid, true, JSON.stringify(errors))
  })
}

test('the OpenAPI document describes each answer, and has every content type, header and status that is sent', async (t) => {
  const { app, get, icecast } = await scenario(t, { before, limits: { subscribers: 1 } })
  icecast.source('/main.mp3')
  await until(app, isLive)
  const operations = operationsOf(app)
  for (const [path, { responses }] of Object.entries(operations)) {
    for (const [status, { description }] of Object.entries(responses)) t.not(description, 'Default Response', `${path} ${status}`)
  }
  const paths: Array<[path: string, operation: string, accept?: string]> = [
    ['/now-playing', '/now-playing'], ['/now-playing', '/now-playing', 'text/plain'],
    ['/now-playing/main.mp3', '/now-playing/{station}'], ['/now-playing/main.mp3', '/now-playing/{station}', 'text/plain'],
    ['/now-playing/main.mp3.txt', '/now-playing/{station}.txt'],
    ['/now-playing/main.mp3/history', '/now-playing/{station}/history'], ['/now-playing/client.js', '/now-playing/client.js'],
    ['/now-playing/nowhere', '/now-playing/{station}'], ['/now-playing?wait=-1', '/now-playing']
  ]
  for (const [path, operation, accept = '*/*'] of paths) {
    const { status, headers } = await get(path, { accept })
    const { responses = {} } = operations[operation] ?? {}
    const response = responses[status] ?? responses[`${status}`.replace(/..$/, 'XX')]
    const [type = ''] = (headers.get('content-type') ?? '').split(';')
    t.ok(response?.content[type], `${path} ${status} ${type}`)
    if (status === 200) t.match(response?.headers, { ETag: {}, 'Cache-Control': {} }, path)
  }
  t.match(operations['/now-playing']?.parameters.map((parameter) => `${parameter.in} ${parameter.name}`), ['query station', 'query wait', 'query history', 'query listeners', 'header If-None-Match', 'header Last-Event-ID'])
})

test('nested types have titles, so that code generators name them', async (t) => {
  const { app } = await scenario(t, { before })
  const titles = new Set(JSON.stringify(operationsOf(app)).match(/(?<="title":")\w+/g))
  for (const title of ['Station', 'Track', 'PastTrack', 'Mount', 'Listeners', 'NextTrack', 'Status', 'Kind', 'Error']) t.ok(titles.has(title), title)
})
