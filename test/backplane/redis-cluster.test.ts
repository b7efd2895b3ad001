import { Cluster } from 'ioredis'
import { Cluster as Cluster5 } from 'ioredis-5'
import { createCluster } from 'redis'
import { createCluster as createCluster5 } from 'redis-5'
import { test } from 'tap'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'
import { backplaneTests } from '../../lib/testing/index.ts'
import { redisIsMissing } from '../helpers/redis.ts'
import { startRedisCluster, type RedisCluster } from '../helpers/redis-cluster.ts'
import { startTwoInstances, type OwnClient } from '../helpers/two-instances.ts'

const STATE = 'fastify-icecast:{fastify-icecast}:state'
const LEASE = 'fastify-icecast:{fastify-icecast}:lease'

const clients: Array<[string, (cluster: RedisCluster) => OwnClient]> = [
  ['ioredis 6', ({ servers }) => {
    const client = new Cluster(servers.map(({ port }) => ({ host: '127.0.0.1', port }))).on('error', () => {})
    return { client, close: () => client.disconnect() }
  }],
  ['ioredis 5', ({ servers }) => {
    const client = new Cluster5(servers.map(({ port }) => ({ host: '127.0.0.1', port })), { lazyConnect: true }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  }],
  ['redis 6', ({ servers }) => {
    const client = createCluster({ rootNodes: servers.map(({ url }) => ({ url })) }).on('error', () => {})
    return { client, close: () => client.destroy() }
  }],
  ['redis 5', ({ servers }) => {
    const client = createCluster5({ rootNodes: servers.map(({ url }) => ({ url })) }).on('error', () => {})
    return { client, close: () => client.destroy() }
  }]
]

test('a Redis backplane fulfils the contract on a cluster of three servers', { skip: redisIsMissing }, async (t) => {
  const cluster = await startRedisCluster(t)
  // There is no `cut`: a cluster client does not report that its subscription was interrupted.
  const hooks = { async wipe () { for (const server of cluster.servers) await server.command('FLUSHALL') } }
  for (const [what, connect] of clients) {
    await t.test(what, async (t) => {
      const { client, close } = connect(cluster)
      t.teardown(close)
      for (const { name, run } of backplaneTests((name) => redisBackplane({ client, name }), hooks)) await t.test(name, run)
    })
  }
})

test('titles go on when the slot moves to another server, and when that server is restarted', { skip: redisIsMissing }, async (t) => {
  const cluster = await startRedisCluster(t)
  for (const [what, connect] of clients.filter(([what]) => what.endsWith('6'))) {
    await t.test(what, async (t) => {
      // Nothing of the client before.
      for (const server of cluster.servers) await server.command('FLUSHALL')
      const { instances, play, agree } = await startTwoInstances(t, () => connect(cluster))
      await agree()
      await play('A - First')
      await agree()
      const before = await cluster.ownerOf(STATE)
      await cluster.move([STATE, LEASE])
      const owner = await cluster.ownerOf(STATE)
      t.not(owner.port, before.port, 'another server has the slot')
      t.comment(`moved: the title is on both after ${Math.round(await play('B - Second'))} ms`)
      await agree()
      await owner.stop()
      t.comment(`stopped: the title is on both after ${Math.round(await play('C - Third'))} ms`)
      await owner.start()
      t.comment(`restarted: one leads and both agree after ${Math.round(await agree())} ms`)
      await play('D - Fourth')
      await agree()
      for (const { announced } of instances) t.strictSame(announced, ['A - First', 'B - Second', 'C - Third', 'D - Fourth'], 'nothing twice, and nothing older')
    })
  }
})
