import type { Test } from 'tap'
import { until } from './instances.ts'
import { startRedis, startSentinel, type RedisServer } from './redis.ts'

export interface SentinelGroup {
  /** The name of the master for the sentinels. */
  readonly name: string
  readonly nodes: Array<{ host: string, port: number }>
  readonly sentinels: readonly RedisServer[]
  /** The one that is the master now. */
  master (): Promise<RedisServer>
  /** Kills the master, and resolves when another server is the master. Resolves with the ms that this took. */
  failOver (): Promise<number>
}

/**
 * Two redis-servers, a master and its replica, and three sentinels. `downAfter`: ms without an answer after which they take the
 * master for gone. On a busy machine it may be slow to answer.
 */
export async function startSentinelGroup (t: Test, downAfter: number): Promise<SentinelGroup> {
  const name = 'radio'
  const first = await startRedis('--repl-diskless-sync-delay', '0')
  t.teardown(() => first.close())
  const second = await startRedis('--replicaof', '127.0.0.1', String(first.port))
  t.teardown(() => second.close())
  await until('the replica is in sync', async () => (await second.command('INFO', 'replication')).includes('master_link_status:up'))
  const configuration = [
    `sentinel monitor ${name} 127.0.0.1 ${first.port} 2`,
    `sentinel down-after-milliseconds ${name} ${downAfter}`,
    `sentinel failover-timeout ${name} 3000`
  ].join('\n')
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(configuration)))
  for (const sentinel of sentinels) t.teardown(() => sentinel.close())
  await until('each sentinel knows the replica and the other sentinels', async () => {
    const known = await Promise.all(sentinels.map((sentinel) => sentinel.command('INFO', 'sentinel')))
    return known.every((line) => line.includes('status=ok') && line.includes('slaves=1,sentinels=3'))
  })

  /** Servers that are ended, or that cut the connection because they become the master, do not answer. */
  async function isMaster (server: RedisServer): Promise<boolean> {
    const replication = await server.command('INFO', 'replication').catch(() => '')
    return replication.includes('role:master')
  }

  return {
    name,
    nodes: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
    sentinels,
    master: async () => await isMaster(first) ? first : second,
    async failOver () {
      const [old, other] = await isMaster(first) ? [first, second] : [second, first]
      await old.stop()
      return await until('the replica is the master', () => isMaster(other))
    }
  }
}
