import { Cluster, Redis } from 'ioredis'
import { Cluster as Cluster5, Redis as Redis5 } from 'ioredis-5'
import { createClient, createCluster } from 'redis'
import { createClient as createClient5, createCluster as createCluster5 } from 'redis-5'
import { test } from 'tap'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'
import { backplaneTests } from '../../lib/testing/index.ts'
import { redisIsMissing, startRedis } from '../helpers/redis.ts'
import { freePort } from '../helpers/ports.ts'

test('a Redis backplane fulfils the contract', { skip: redisIsMissing }, async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.close())
  const clients = [
    ['ioredis 6', () => new Redis(redis.url)],
    ['ioredis 5', () => new Redis5(redis.url, { lazyConnect: true })],
    // An app listens for errors of its client.
    ['redis 6', () => createClient({ url: redis.url }).on('error', () => {})],
    ['redis 5', () => createClient5({ url: redis.url }).on('error', () => {})]
  ] as const
  const hooks = {
    async wipe () { await redis.command('FLUSHALL') },
    async cut () { await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub') }
  }
  for (const [what, connect] of clients) {
    await t.test(what, async (t) => {
      const client = connect()
      const tests = backplaneTests((name) => redisBackplane({ client, name }), hooks)
      for (const { name, run } of tests) await t.test(name, run)
      t.equal('status' in client ? client.status : client.isReady && 'ready', 'ready', 'the client was not closed')
      await ('status' in client ? client.quit() : client.close())
    })
  }
})

test('a Redis backplane fulfils the contract on a cluster', { skip: redisIsMissing }, async (t) => {
  // Its second port would be the first plus 10000, which can be too high.
  const redis = await startRedis('--cluster-enabled', 'yes', '--cluster-port', String(await freePort()), '--cluster-announce-ip', '127.0.0.1')
  t.teardown(() => redis.close())
  await redis.command('CLUSTER', 'ADDSLOTSRANGE', '0', '16383')
  while (!(await redis.command('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  const { port, url } = redis
  const clients = [
    ['ioredis 6', () => new Cluster([{ port }], { scaleReads: 'slave' })],
    ['ioredis 5', () => new Cluster5([{ port }], { lazyConnect: true })],
    ['redis 6', () => createCluster({ rootNodes: [{ url }], useReplicas: true }).on('error', () => {})],
    ['redis 5', () => createCluster5({ rootNodes: [{ url }] }).on('error', () => {})]
  ] as const
  for (const [what, connect] of clients) {
    await t.test(what, async (t) => {
      const client = connect()
      const tests = backplaneTests((name) => redisBackplane({ client, name }), { async wipe () { await redis.command('FLUSHALL') } })
      for (const { name, run } of tests) await t.test(name, run)
      await ('status' in client ? client.quit() : client.close())
    })
  }
})
