import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { readMessage } from '../../lib/backplane/messages.ts'
import { Rebalancer } from '../../lib/backplane/rebalancer.ts'
import { logOf } from '../helpers/log.ts'

interface Setup {
  rebalancer: Rebalancer
  /** What it has told the others: the number of its subscribers. */
  told: Array<number | null>
  /** How many were asked to move, at each step that asked any. */
  moved: number[]
  messages (): Array<string | undefined>
  pool: { subscribers: number }
  /** Lets time pass, and with `others` lets them say their numbers in each round. */
  passes (seconds: number, others?: readonly number[]): void
}

function setup (t: Test, subscribers: number, tell = async (): Promise<void> => {}): Setup {
  mock.timers.enable({ apis: ['setInterval'] })
  t.teardown(() => mock.timers.reset())
  const { log, lines } = logOf()
  const [told, moved, pool]: [Array<number | null>, number[], Setup['pool']] = [[], [], { subscribers }]
  const rebalancer = new Rebalancer({
    log,
    pool: { path: '/now-playing', count: () => pool.subscribers, move: (count) => moved.push(count) },
    tell: async (text) => {
      const message = readMessage(text)
      if (message?.kind !== 'subscribers') throw new Error(`an unknown text: ${text}`)
      told.push(message.count)
      rebalancer.receive(message)
      await tell()
    }
  })
  t.teardown(() => rebalancer.close())
  return {
    rebalancer,
    told,
    moved,
    pool,
    messages: () => lines.map(({ msg }) => msg),
    passes (seconds, others = []) {
      for (let second = 0; second < seconds; second++) {
        for (const [index, count] of others.entries()) rebalancer.receive({ kind: 'subscribers', instance: String(index), path: '/now-playing', count })
        mock.timers.tick(1000)
      }
    }
  }
}

test('the others are told the number at the start, every 10 s, and that the instance closes', async (t) => {
  const { rebalancer, told, pool, passes } = setup(t, 3)
  rebalancer.start()
  t.strictSame(told, [3])
  pool.subscribers = 4
  passes(9)
  t.strictSame(told, [3])
  passes(1)
  t.strictSame(told, [3, 4])
  await rebalancer.close()
  passes(20)
  t.strictSame(told, [3, 4, null])
})

test('subscribers are asked over ten seconds, and those that came back are not asked again', async (t) => {
  const { rebalancer, moved, messages, passes } = setup(t, 100)
  rebalancer.start()
  passes(30, [0])
  t.equal(moved.reduce((sum, count) => sum + count), 25)
  t.equal(moved.length, 10, 'a few at each step')
  passes(30, [0])
  t.equal(moved.length, 10)
  t.match(messages(), [/has far more subscribers than the others; some are asked to reconnect/, /came back to this instance; none is asked for 1 min/])
})

test('as long as it helps, it goes on, and says so once', async (t) => {
  const scene = setup(t, 100)
  scene.rebalancer.start()
  scene.passes(30, [0])
  for (const [here, there] of [[80, 20], [70, 30], [60, 40]] as const) {
    scene.pool.subscribers = here
    scene.passes(20, [there])
  }
  t.equal(scene.moved.reduce((sum, count) => sum + count), 25 + 20 + 18)
  t.equal(scene.messages().length, 1)
})

test('instances with another path are not counted', async (t) => {
  const { rebalancer, moved, passes } = setup(t, 100)
  rebalancer.receive({ kind: 'subscribers', instance: 'other', path: '/other', count: 0 })
  rebalancer.start()
  passes(20)
  t.strictSame(moved, [])
})

test('a backplane that fails or hangs does no harm', async (t) => {
  for (const tell of [async () => { throw new Error('the store is down') }, async () => await new Promise<void>(() => {})]) {
    const { rebalancer, passes } = setup(t, 100, tell)
    rebalancer.start()
    passes(20)
    await rebalancer.close()
    mock.timers.reset()
  }
})
