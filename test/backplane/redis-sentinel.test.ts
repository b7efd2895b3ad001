import { Redis } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { createSentinel } from 'redis'
import { test } from 'tap'
import { redisBackplane, type Backplane } from '../../lib/backplane/redis-backplane.ts'
import { backplaneTests } from '../../lib/testing/index.ts'
import { until } from '../helpers/instances.ts'
import { redisIsMissing } from '../helpers/redis.ts'
import { startSentinelGroup, type SentinelGroup } from '../helpers/redis-sentinel.ts'
import { startTwoInstances, type OwnClient } from '../helpers/two-instances.ts'

const clients: Array<[string, (group: SentinelGroup) => OwnClient]> = [
  ['ioredis 6', ({ name, nodes }) => {
    const client = new Redis({ sentinels: nodes, name }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  }],
  ['ioredis 5', ({ name, nodes }) => {
    const client = new Redis5({ sentinels: nodes, name, lazyConnect: true }).on('error', () => {})
    return { client, close: () => client.disconnect() }
  }],
  ['redis 6', ({ name, nodes }) => {
    const client = createSentinel({ name, sentinelRootNodes: nodes }).on('error', () => {})
    return { client, close: () => client.destroy() }
  }]
]

/**
 * A sentinel client of node-redis opens four connections, which can take longer than the second after which `listen` rejects.
 * An instance calls it again too.
 */
function patient (backplane: Backplane): Backplane {
  return {
    ...backplane,
    async listen (listener) {
      for (let attempts = 10; attempts > 0; attempts--) {
        if (await backplane.listen(listener).then(() => true, () => false)) return
      }
      throw new Error('the channel cannot be received')
    }
  }
}

test('a Redis backplane fulfils the contract through Sentinel', { skip: redisIsMissing }, async (t) => {
  const group = await startSentinelGroup(t, 60_000)
  const hooks = {
    async wipe () { await (await group.master()).command('FLUSHALL') },
    async cut () { await (await group.master()).command('CLIENT', 'KILL', 'TYPE', 'pubsub') }
  }
  for (const [what, connect] of clients) {
    await t.test(what, async (t) => {
      const { client, close } = connect(group)
      t.teardown(close)
      await until('it can be used', () => redisBackplane({ client }).read().then(() => true, () => false))
      for (const { name, run } of backplaneTests((name) => patient(redisBackplane({ client, name })), hooks)) await t.test(name, run)
    })
  }
})

for (const [what, connect] of clients) {
  test(`titles go on while the sentinels make the replica the master, with ${what}`, { skip: redisIsMissing }, async (t) => {
    const group = await startSentinelGroup(t, 1000)
    const { instances, play, agree } = await startTwoInstances(t, () => connect(group))
    await agree()
    await play('A - First')
    await agree()
    const start = performance.now()
    const failedOver = group.failOver()
    const duration = await play('B - Second')
    t.ok(duration < 6000, `a title is shown by both after ${Math.round(duration)} ms`)
    t.comment(`the replica was the master after ${Math.round(await failedOver)} ms`)
    await play('C - Third')
    // What is stored on the new master now has been written by a leader of the new term.
    await until('the new master has the state', async () => (await (await group.master()).command('HGET', 'fastify-icecast:{fastify-icecast}:state', 's:main.mp3')).includes('C - Third'))
    await agree()
    t.comment(`one led and both agreed ${Math.round(performance.now() - start)} ms after the master was killed`)
    await play('D - Fourth')
    await agree()
    for (const { announced } of instances) t.strictSame(announced, ['A - First', 'B - Second', 'C - Third', 'D - Fourth'], 'nothing twice, and nothing older')
  })
}
