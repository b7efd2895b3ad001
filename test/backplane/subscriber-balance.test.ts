import { test } from 'tap'
import fc from 'fast-check'
import { SubscriberBalance } from '../../lib/backplane/subscriber-balance.ts'

const ROUND_MS = 10_000

/** Where a balancer sends the next page, by the numbers of all instances and the instance that it has left. */
type Balancer = (counts: readonly number[], from: number) => number

/** Instances that tell each other their numbers, behind a balancer. */
class Simulation {
  readonly counts: number[]
  readonly #balances: SubscriberBalance[]
  readonly #balancer: Balancer
  #now = 0
  /** How many pages were asked, by instance. */
  readonly asked: number[]

  constructor (counts: readonly number[], balancer: Balancer) {
    this.counts = [...counts]
    this.asked = counts.map(() => 0)
    this.#balances = counts.map(() => new SubscriberBalance())
    this.#balancer = balancer
  }

  get total (): number { return this.counts.reduce((sum, count) => sum + count, 0) }

  /** `instances`: those that run; all by default. */
  round (instances = this.counts.map((_, index) => index)): void {
    this.#now += ROUND_MS
    for (const one of instances) for (const other of instances) if (one !== other) this.#balances[one]?.note(String(other), this.counts[other] ?? 0, this.#now)
    for (const one of instances) {
      const { move = 0 } = this.#balances[one]?.next(this.counts[one] ?? 0, this.#now) ?? {}
      this.asked[one] = (this.asked[one] ?? 0) + move
      for (let page = 0; page < move; page++) {
        this.counts[one] = (this.counts[one] ?? 0) - 1
        const to = this.#balancer(this.counts, one)
        this.counts[to] = (this.counts[to] ?? 0) + 1
      }
    }
  }

  rounds (count: number): void {
    for (let round = 0; round < count; round++) this.round()
  }
}

function roundRobin (): Balancer {
  let next = 0
  return (counts) => next++ % counts.length
}

const leastConnections: Balancer = (counts) => counts.indexOf(Math.min(...counts))
const sticky: Balancer = (_, from) => from

test('after a rolling restart the subscribers spread over the instances within minutes', async (t) => {
  for (const [name, balancer] of [['round robin', roundRobin()], ['least connections', leastConnections]] as const) {
    const simulation = new Simulation([10_000, 0], balancer)
    simulation.rounds(24)
    const [first = 0, second = 0] = simulation.counts
    t.ok(first / second < 1.7, `${name}: ${first} and ${second}`)
    t.ok(simulation.asked[0] !== undefined && simulation.asked[0] <= 10_000, 'on average no page was asked twice')
    const { asked } = simulation
    const before = [...asked]
    simulation.rounds(100)
    t.strictSame(asked, before, 'then it is quiet')
  }
})

test('small numbers spread too', async (t) => {
  const simulation = new Simulation([10, 0, 0], roundRobin())
  simulation.rounds(12)
  t.ok(Math.max(...simulation.counts) <= 7, simulation.counts.join(', '))
})

test('where the balancer sends every page back, a page is asked twice on the first day at most', async (t) => {
  const simulation = new Simulation([1000, 0], sticky)
  simulation.rounds(24 * 360)
  t.ok((simulation.asked[0] ?? 0) <= 2000, `${simulation.asked[0]} in a day`)
})

test('equal instances, and one alone, ask nobody', async (t) => {
  for (const counts of [[1000, 1000, 900], [1100, 1000], [4, 0], [5000], []]) {
    const simulation = new Simulation(counts, roundRobin())
    simulation.rounds(20)
    t.strictSame(simulation.asked, counts.map(() => 0), counts.join(', '))
  }
})

test('an instance that has closed, or has not been heard for 15 s, does not count', async (t) => {
  const balance = new SubscriberBalance()
  balance.note('other', 0, 0)
  t.match(balance.next(100, 16_000), { move: 0, average: 100 })
  balance.note('other', 0, 20_000)
  balance.note('other', null, 21_000)
  t.match(balance.next(100, 22_000), { move: 0, average: 100 })
  balance.note('other', 0, 30_000)
  t.match(balance.next(100, 31_000), { move: 0, average: 50 })
  balance.note('other', 0, 40_000)
  t.match(balance.next(100, 41_000), { move: 25, average: 50 })
})

test('an instance that was killed gets no subscribers, and the one that takes its place gets them at once', async (t) => {
  const balance = new SubscriberBalance()
  balance.note('killed', 12, 0)
  t.match(balance.next(12, 1000), { move: 0 })
  balance.note('killed', 12, 10_000)
  t.match(balance.next(24, 11_000), { move: 0, average: 18 }, 'its subscribers are here before it is known to be gone')
  t.match(balance.next(24, 21_000), { move: 0, average: 18 })
  t.match(balance.next(24, 31_000), { move: 0, average: 24 })
  balance.note('new', 0, 32_000)
  t.match(balance.next(24, 41_000), { move: 0, average: 12 })
  balance.note('new', 0, 42_000)
  t.match(balance.next(24, 51_000), { move: 6, average: 12 })
})

test('a round during which an instance goes or comes is not taken for one without effect', async (t) => {
  for (const [name, change] of [
    ['closes', (balance: SubscriberBalance) => balance.note('b', null, 25_000)],
    ['comes', (balance: SubscriberBalance) => balance.note('c', 0, 25_000)],
    ['is killed', () => {}]
  ] as const) {
    const balance = new SubscriberBalance()
    for (const now of [0, 10_000]) {
      for (const other of ['a', 'b']) balance.note(other, 0, now)
      t.equal(balance.next(100, now).move > 0, now > 0)
    }
    change(balance)
    for (const now of [20_000, 30_000, 40_000]) {
      balance.note('a', 0, now)
      t.equal(balance.next(100, now).pauseMs, 0, `${name} at ${now}`)
    }
  }
})

test('after a round without effect nobody is asked for a minute, then for four', async (t) => {
  const balance = new SubscriberBalance()
  const pauses: number[] = []
  for (let now = 0; now <= 400_000; now += ROUND_MS) {
    balance.note('other', 0, now)
    const { pauseMs } = balance.next(100, now)
    if (pauseMs > 0) pauses.push(now, pauseMs)
  }
  t.strictSame(pauses, [30_000, 60_000, 110_000, 240_000, 370_000, 960_000])
})

test('never more are asked than the difference to the average, whatever the others say', async () => {
  const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(20), fc.option(count), count), { maxLength: 60 }), (says) => {
    const balance = new SubscriberBalance()
    for (const [index, [instance, told, own]] of says.entries()) {
      balance.note(String(instance), told, index * 5000)
      const { move, average } = balance.next(own, index * 5000)
      if (!Number.isInteger(move) || move < 0 || move > Math.max(0, own - average)) throw new Error(`${move} of ${own}, ${average} on average`)
    }
  }))
})

test('the instances that are remembered are bounded', async (t) => {
  const balance = new SubscriberBalance()
  for (let instance = 0; instance < 5000; instance++) balance.note(String(instance), 0, 0)
  t.equal(Math.round(balance.next(1001, 0).average), 1)
})
