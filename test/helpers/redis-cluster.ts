import type { Test } from 'tap'
import { until } from './instances.ts'
import { freePort } from './ports.ts'
import { startRedis, type RedisServer } from './redis.ts'

export interface RedisCluster {
  readonly servers: readonly RedisServer[]
  /** The server that has the slot of this key. */
  ownerOf (key: string): Promise<RedisServer>
  /** Moves the slot of these keys, and the keys, to another server. */
  move (keys: readonly string[]): Promise<void>
}

interface Node {
  server: RedisServer
  id: string
  busPort: number
}

/** A redis-server of a cluster, which keeps its data over a restart. Its second port is a free one too, not the first plus 10000, which can be too high. */
async function startNode (t: Test): Promise<Node> {
  const busPort = await freePort()
  const server = await startRedis('--cluster-enabled', 'yes', '--cluster-port', String(busPort), '--cluster-announce-ip', '127.0.0.1',
    '--cluster-node-timeout', '1000', '--appendonly', 'yes')
  t.teardown(() => server.close())
  return { server, busPort, id: await server.command('CLUSTER', 'MYID') }
}

/** Three masters, which have a third of the slots each. */
export async function startRedisCluster (t: Test): Promise<RedisCluster> {
  const first = await startNode(t)
  const nodes = [first, await startNode(t), await startNode(t)]
  for (const [i, { server, busPort }] of nodes.entries()) {
    await server.command('CLUSTER', 'ADDSLOTSRANGE', String(Math.ceil(16384 * i / 3)), String(Math.ceil(16384 * (i + 1) / 3) - 1))
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1))
    await first.server.command('CLUSTER', 'MEET', '127.0.0.1', String(server.port), String(busPort))
  }
  await until('the cluster is complete', async () => {
    const answers = await Promise.all(nodes.map(({ server }) => server.command('CLUSTER', 'INFO')))
    return answers.every((answer) => answer.includes('cluster_state:ok') && answer.includes('cluster_known_nodes:3') && answer.includes('cluster_slots_ok:16384'))
  })

  async function slotOf (key: string): Promise<number> {
    return Number((await first.server.command('CLUSTER', 'KEYSLOT', key)).slice(1))
  }

  async function nodeOf (slot: number): Promise<Node> {
    for (const line of (await first.server.command('CLUSTER', 'NODES')).split('\n')) {
      const [nodeId, , , , , , , , ...ranges] = line.split(' ')
      const hasSlot = ranges.some((range) => {
        const [from = '', to = from] = range.split('-')
        return slot >= Number(from) && slot <= Number(to)
      })
      const node = nodes.find(({ id }) => id === nodeId)
      if (hasSlot && node !== undefined) return node
    }
    throw new Error(`no server has the slot ${slot}`)
  }

  return {
    servers: nodes.map(({ server }) => server),
    ownerOf: async (key) => (await nodeOf(await slotOf(key))).server,
    async move (keys) {
      const slot = await slotOf(keys[0] ?? '')
      const from = await nodeOf(slot)
      const to = nodes.find((node) => node !== from) ?? from
      const set = async ({ server }: Node, ...how: string[]): Promise<void> => {
        const answer = await server.command('CLUSTER', 'SETSLOT', String(slot), ...how)
        if (answer !== '+OK') throw new Error(answer)
      }
      await set(to, 'IMPORTING', from.id)
      await set(from, 'MIGRATING', to.id)
      await from.server.command('MIGRATE', '127.0.0.1', String(to.server.port), '', '0', '5000', 'KEYS', ...keys)
      for (const node of [to, from, ...nodes]) await set(node, 'NODE', to.id)
    }
  }
}
