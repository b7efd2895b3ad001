import { Registry as PlatformaticRegistry } from '@platformatic/prom-client'
import Fastify from 'fastify'
import { Registry } from 'prom-client'
import { describe, expect, test } from 'tstyche'
import type { ChangeMessage, ComponentHealth, Health, OutageMessage, ReadMessage, ServerHealth, Station } from '../../index.ts'
import { collectors, type CollectedMetric, type Collector } from '../../lib/metrics/index.ts'

const app = Fastify()

describe('collectors', () => {
  const [collector] = collectors(app.nowPlaying) as [Collector]

  test('fit the registries of the Prometheus clients', () => {
    expect(new Registry().registerMetric).type.toBeCallableWith(collector)
    expect(new PlatformaticRegistry().registerMetric).type.toBeCallableWith(collector)
  })

  test('have values with labels', () => {
    expect(collector.get()).type.toBe<Promise<CollectedMetric>>()
    expect<CollectedMetric['type']>().type.toBe<'counter' | 'gauge' | 'histogram'>()
    expect<CollectedMetric['values'][number]>().type.toBeAssignableTo<{ value: number, labels: Record<string, string | number> }>()
  })

  test('are made of `app.nowPlaying`', () => {
    expect(collectors).type.not.toBeCallableWith()
    expect(collectors).type.not.toBeCallableWith(app)
  })
})

test('health is told of the whole, of each server and of each component', () => {
  expect(app.nowPlaying.health()).type.toBe<Health>()
  expect<Health>().type.toBeAssignableTo<{ ok: boolean, leads: boolean, servers: ServerHealth[], components: ComponentHealth[] }>()
  expect<ServerHealth>().type.toBeAssignableTo<{ server: string, ok: boolean, since: string, error?: string, code?: string }>()
})

test('messages of the diagnostics channels have types', () => {
  expect<ReadMessage>().type.toBe<{ server: string, startTime: number, duration: number, error: Error | null }>()
  expect<ChangeMessage['station']>().type.toBe<Station>()
  expect<OutageMessage['duration']>().type.toBe<number | null>()
})
