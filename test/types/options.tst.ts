import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import fastifyIcecast, { type FastifyIcecastOptions, type RouteOptions, type StationOptions } from '../../index.ts'

const app = Fastify()
const url = 'http://localhost:8000'

describe('registering', () => {
  test('needs a url', () => {
    expect(app.register).type.toBeCallableWith(fastifyIcecast, { url })
    expect(app.register).type.toBeCallableWith(fastifyIcecast, { url: new URL(url) })
    expect<FastifyIcecastOptions>().type.not.toBeAssignableFrom({})
    expect<FastifyIcecastOptions>().type.not.toBeAssignableFrom({ url: 8000 })
    expect<FastifyIcecastOptions>().type.not.toBeAssignableFrom({ url: undefined })
  })

  test('takes every option', () => {
    expect(app.register).type.toBeCallableWith(fastifyIcecast, {
      url,
      auth: { username: 'admin', password: 'x' },
      stations: { main: { name: 'Main', mounts: ['/main.mp3'], fallbacks: ['/auto.mp3'], charset: 'windows-1251' } },
      interval: 1000,
      live: false,
      reconcileInterval: 15_000,
      inBand: 'always',
      parseTrack: () => null,
      timeout: 5000,
      maxBytes: 1024,
      staleAfter: 10_000,
      hold: 10_000,
      history: 10,
      heartbeat: 25_000,
      route: '/now-playing',
      prefix: '/radio'
    })
  })

  test('takes optional properties that are undefined, and lists that are readonly', () => {
    const mounts = ['/main.mp3'] as const
    expect<FastifyIcecastOptions>().type.toBeAssignableFrom({ url, auth: undefined, interval: undefined, stations: { main: { mounts, delay: undefined } } })
    expect<FastifyIcecastOptions>().type.toBeAssignableFrom({ url, hide: ['ad'] as const, origins: ['https://radio.example'] as const, kinds: [{ match: /a/, kind: 'ad' }] as const })
    expect<FastifyIcecastOptions>().type.toBeAssignableFrom({ servers: [{ url, ca: 'PEM', publicUrl: 'https://stream.radio.example' }] as const })
  })

  test('takes one server or several, not both', () => {
    expect<FastifyIcecastOptions>().type.not.toBeAssignableFrom({ url, servers: [{ url }] })
  })

  test('takes Fastify\'s own options', () => {
    expect(app.register).type.toBeCallableWith(fastifyIcecast, { url, prefix: '/radio', logLevel: 'warn' as const })
  })

  test('works without the default export, and from CommonJS', async () => {
    const { fastifyIcecast: named, default: byDefault, 'module.exports': required } = await import('../../index.ts')
    expect(named).type.toBe<typeof fastifyIcecast>()
    expect(byDefault).type.toBe<typeof fastifyIcecast>()
    expect(required).type.toBe<typeof fastifyIcecast>()
  })
})

describe('a wrong option is a type error', () => {
  const register = (_: FastifyIcecastOptions) => {}

  test('of an unknown name', () => {
    expect(register).type.not.toBeCallableWith({ url, intervall: 1000 })
    expect(register).type.not.toBeCallableWith({ url, stations: { main: { mount: '/a' } } })
    expect(register).type.not.toBeCallableWith({ url, route: { path: '/a' } })
  })

  test('of the wrong type', () => {
    expect(register).type.not.toBeCallableWith({ url, interval: '1000' })
    expect(register).type.not.toBeCallableWith({ url, interval: null })
    expect(register).type.not.toBeCallableWith({ url, live: 'yes' })
    expect(register).type.not.toBeCallableWith({ url, auth: 'admin:x' })
    expect(register).type.not.toBeCallableWith({ url, auth: { username: 'admin' } })
    expect(register).type.not.toBeCallableWith({ url, stations: ['/main.mp3'] })
    expect(register).type.not.toBeCallableWith({ url, stations: { main: {} } })
    expect(register).type.not.toBeCallableWith({ url, stations: { main: { mounts: '/main.mp3' } } })
    expect(register).type.not.toBeCallableWith({ url, parseTrack: async () => ({ artist: 'A' }) })
    expect(register).type.not.toBeCallableWith({ url, parseTrack: () => 'A - B' })
  })

  test('a route is a path, an object or `false`, and not `true`', () => {
    expect<FastifyIcecastOptions['route']>().type.toBeAssignableFrom<string | false | RouteOptions>()
    expect(register).type.toBeCallableWith({ url, route: false as const })
    expect(register).type.not.toBeCallableWith({ url, route: true })
  })
})

test('a station\'s mounts are required, its name is not', () => {
  expect<StationOptions>().type.toBeAssignableFrom({ mounts: ['/a'] })
  expect<StationOptions>().type.not.toBeAssignableFrom({ name: 'A' })
})

test('a hook is told what the encoder sent, and where', () => {
  app.register(fastifyIcecast, {
    url,
    parseTrack (raw, context) {
      expect(raw).type.toBe<string>()
      expect(context.mount).type.toBe<string>()
      expect(context.station).type.toBe<string>()
      return raw === '' ? undefined : { artist: null, title: raw }
    }
  })
})
