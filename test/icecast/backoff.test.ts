import fc from 'fast-check'
import { test } from 'tap'
import { backoff } from '../../lib/icecast/backoff.ts'

test('backoff grows from the floor to the cap until it is reset', async (t) => {
  const { next, reset } = backoff(100, 1000, () => 1)
  for (let outage = 0; outage < 2; outage++) {
    t.strictSame([next(), next(), next(), next(), next(), next()], [200, 400, 800, 1000, 1000, 1000])
    reset()
  }
})

test('backoff spreads waits at random, none below the floor', async (t) => {
  const { next } = backoff(100, 1000, () => 0)
  t.strictSame([next(), next(), next()], [100, 100, 100])
  let chance = 0
  const spread = backoff(100, 1000, () => chance)
  for (let i = 0; i < 10; i++) spread.next()
  const waits = [0.05, 0.3, 0.55, 0.8].map((value) => {
    chance = value
    return spread.next()
  })
  t.strictSame(waits, [100, 300, 550, 800])
})

test('backoff stays between the floor and the cap for any random number', async (t) => {
  fc.assert(fc.property(fc.nat(10_000), fc.nat(100_000), fc.nat(100), (floor, more, times) => {
    const { next } = backoff(floor, floor + more)
    return Array.from({ length: times }, next).every((ms) => Number.isInteger(ms) && ms >= floor && ms <= floor + more)
  }))
})
