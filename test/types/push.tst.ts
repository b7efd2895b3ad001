import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import type {
  ComponentMetrics, DropReason, FastifyIcecastOptions, FastifyRouteOptions, LimitOptions, Metrics, NowPlaying, RefusalReason, RouteOptions, ServerMetrics, Status
} from '../../index.ts'

const app = Fastify()
const url = 'http://localhost:8000'
const register = (_: FastifyIcecastOptions) => {}

describe('figures', () => {
  test('are numbers, and what they are of', () => {
    expect(app.nowPlaying.metrics).type.toBe<Metrics>()
    expect<Metrics>().type.toBeAssignableTo<{
      webSockets: number
      eventStreams: number
      waiting: number
      behind: number
      changes: number
      sent: number
      sentBytes: number
      skipped: number
      dropped: number
      droppedBy: Record<DropReason, number>
      refused: number
      refusedBy: Record<RefusalReason, number>
      stations: Record<Status, number>
      leads: boolean
      isReading: boolean
      hints: { sent: number, received: number } | null
      servers: ServerMetrics[]
      components: ComponentMetrics[]
    }>()
    expect<DropReason>().type.toBe<'slow' | 'silent' | 'sending'>()
    expect<RefusalReason>().type.toBe<'subscribers' | 'perAddress' | 'origins'>()
  })

  test('are nobody\'s to set', () => {
    expect<NowPlaying>().type.toBeAssignableTo<{ readonly metrics: Metrics }>()
  })
})

describe('limits', () => {
  test('are numbers, each by itself', () => {
    expect<LimitOptions>().type.toBe<{ readonly subscribers?: number | undefined, readonly perAddress?: number | undefined, readonly waiting?: number | undefined, readonly slowAfter?: number | undefined }>()
    expect(register).type.toBeCallableWith({ url, limits: {} })
    expect(register).type.toBeCallableWith({ url, limits: { perAddress: 100 } })
  })

  test('have no other names or types', () => {
    expect(register).type.not.toBeCallableWith({ url, limits: { subscriber: 1 } })
    expect(register).type.not.toBeCallableWith({ url, limits: { subscribers: '1' } })
    expect(register).type.not.toBeCallableWith({ url, limits: { perAddress: null } })
    expect(register).type.not.toBeCallableWith({ url, limits: 100 })
  })

  test('of origins are a list', () => {
    expect(register).type.toBeCallableWith({ url, origins: ['https://radio.example'] })
    expect(register).type.not.toBeCallableWith({ url, origins: 'https://radio.example' })
    expect(register).type.not.toBeCallableWith({ url, origins: [/radio/] })
  })
})

describe('a route', () => {
  test('is where, for how long, and with what of Fastify\'s', () => {
    expect<RouteOptions>().type.toBe<{ readonly url?: string | undefined, readonly cacheControl?: string | undefined, readonly client?: boolean | undefined, readonly schema?: boolean | undefined, readonly options?: FastifyRouteOptions | undefined }>()
    expect(register).type.toBeCallableWith({ url, route: { url: '/radio', cacheControl: 'no-cache', options: { logLevel: 'warn' as const } } })
    expect(register).type.not.toBeCallableWith({ url, route: { cacheControl: 60 } })
    expect(register).type.not.toBeCallableWith({ url, route: { options: { loglevel: 'warn' } } })
  })

  test('has hooks that know what they get', () => {
    register({
      url,
      route: {
        options: {
          preValidation: async (request, reply) => {
            expect(request.ip).type.toBe<string>()
            return reply.code(401).send({ error: 'members only' })
          },
          config: { rateLimit: { max: 10 } }
        }
      }
    })
  })

  test('is the plugin\'s own in what makes it one', () => {
    expect<FastifyRouteOptions>().type.not.toHaveProperty('handler')
    expect<FastifyRouteOptions>().type.not.toHaveProperty('websocket')
    expect<FastifyRouteOptions>().type.not.toHaveProperty('schema')
    expect<FastifyRouteOptions>().type.not.toHaveProperty('prefixTrailingSlash')
    expect(register).type.not.toBeCallableWith({ url, route: { options: { schema: {} } } })
  })
})
