import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { createClient, createCluster, createSentinel } from 'redis'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5'
import { expect, test } from 'tstyche'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { redisBackplane, type RedisClient } from '../../lib/backplane/redis-backplane.ts'

test('the clients of ioredis and redis fit as they are', () => {
  expect<RedisClient>().type.toBeAssignableFrom(new Redis())
  expect<RedisClient>().type.toBeAssignableFrom(new Redis5())
  expect<RedisClient>().type.toBeAssignableFrom(new Cluster([]))
  expect<RedisClient>().type.toBeAssignableFrom(new Cluster5([]))
  expect<RedisClient>().type.toBeAssignableFrom(createClient())
  expect<RedisClient>().type.toBeAssignableFrom(createClient5())
  expect<RedisClient>().type.toBeAssignableFrom(createCluster({ rootNodes: [] }))
  expect<RedisClient>().type.toBeAssignableFrom(createCluster5({ rootNodes: [] }))
  expect<RedisClient>().type.toBeAssignableFrom(createSentinel({ name: 'radio', sentinelRootNodes: [] }))
})

test('the backplane takes a client and a name', () => {
  expect(redisBackplane({ client: new Redis() })).type.toBe<Backplane>()
  expect(redisBackplane({ client: createClient(), name: 'radio' })).type.toBe<Backplane>()
  expect(redisBackplane).type.not.toBeCallableWith()
  expect(redisBackplane).type.not.toBeCallableWith({})
  expect(redisBackplane).type.not.toBeCallableWith({ client: 'redis://127.0.0.1' })
  expect(redisBackplane).type.not.toBeCallableWith({ client: new Redis(), name: 7 })
})
