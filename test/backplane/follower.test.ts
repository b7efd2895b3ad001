import { test, type Test } from 'tap'
import type { Backplane, StoredState } from '../../lib/backplane/backplane.ts'
import { Follower } from '../../lib/backplane/follower.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { encodeAnswer, readMessage } from '../../lib/backplane/messages.ts'
import { Questions } from '../../lib/backplane/questions.ts'
import { StateMirror } from '../../lib/backplane/state-mirror.ts'
import { createStateReader, writeHead, writeStation } from '../../lib/backplane/stored-state.ts'
import { PublishedState } from '../../lib/state/published-state.ts'
import { SharedClock } from '../../lib/state/shared-clock.ts'
import { logOf } from '../helpers/log.ts'
import { Radio } from '../stations/helper.ts'

const TERM = 1_700_000_000_000
const OLD_MS = 120_000

/** A follower, and a leader's state in the backplane whose reads the test decides about. */
async function setup (t: Test) {
  const radio = new Radio()
  radio.reports(1, { '/a': 'A' })
  const reads: Array<StoredState | null | Promise<StoredState | null>> = []
  const asked: string[] = []
  const shared = memoryBackplane().open()
  const backplane: Backplane = {
    lead: (ms) => shared.lead(ms),
    leave: () => shared.leave(),
    write: (...args) => shared.write(...args),
    listen: (listener) => shared.listen(listener),
    close: () => shared.close(),
    read: async () => await reads.shift() ?? null,
    tell: async (text) => {
      const message = readMessage(text)
      if (message?.kind === 'question') asked.push(message.type)
      told.push(text)
    }
  }
  const told: string[] = []
  const clock = new SharedClock()
  const state = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  const mirror = new StateMirror({ backplane, state, reader: await createStateReader(), log: logOf().log, configured: new Set(), optionsHash: '', onFailure: () => {} })
  const questions = new Questions(backplane)
  t.teardown(() => questions.close())
  let answers = 0
  const follower = new Follower({ mirror, clock, questions, onLeaderAnswered: () => { answers++ } })
  const stored = (sequence: number, { size = 1, age = 0, term = TERM } = {}): StoredState => {
    const handover = radio.registry.toHandover('a', radio.now)
    if (handover === undefined) throw new Error('there is no such station')
    const version = `${term.toString(36)}-${sequence}`
    const head = writeHead({ term, sequence, version, isComplete: true, size, time: Math.round(clock.now().wall - age) })
    return { term, head, stations: new Map([['a', writeStation({ ...handover, version })]]) }
  }
  /** The leader answers the last question. */
  const answer = async (term = TERM): Promise<void> => {
    const message = readMessage(told.at(-1) ?? '')
    if (message?.kind !== 'question') throw new Error('nothing was asked')
    const reply = readMessage(encodeAnswer({ id: message.id, text: '', term, sequence: 1, time: 1 }))
    if (reply?.kind === 'answer') questions.answer(reply)
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  /** Checks with these results of the next reads. */
  const check = async (...results: typeof reads) => {
    reads.splice(0, Infinity, ...results)
    follower.checkNext()
    return await follower.check()
  }
  const begin = async (): Promise<void> => {
    const found = await check(stored(1))
    if (found === null) throw new Error('there is no usable state')
    follower.begin(found)
    asked.length = 0
  }
  return { follower, mirror, state, stored, check, begin, answer, asked, answers: () => answers }
}

test('a state that was written long ago is shown when its leader answers, and not otherwise', async (t) => {
  const { check, stored, asked, answer, answers } = await setup(t)
  t.equal(await check(null), null)
  t.equal(await check(stored(1, { size: 2 })), null, 'a station is missing')
  t.strictSame(asked, ['rewrite', 'rewrite'])
  t.equal(await check(stored(1, { age: OLD_MS })), null)
  t.equal(asked.at(-1), 'time')
  await answer(TERM - 1)
  t.equal(await check(stored(1, { age: OLD_MS })), null, 'another one has answered')
  await answer()
  t.match(await check(stored(1, { age: OLD_MS })), { head: { sequence: 1 } })
  t.equal(answers(), 2)
})

test('an answer to what was asked in an earlier period does not count', async (t) => {
  const { follower, check, stored, answer, answers } = await setup(t)
  await check(stored(1, { age: OLD_MS }))
  follower.end()
  await answer()
  t.equal(answers(), 0)
  t.equal(await check(stored(1, { age: OLD_MS })), null)
})

test('a follower catches up with what it has missed, and asks for what is not stored', async (t) => {
  const { follower, begin, check, stored, mirror, asked } = await setup(t)
  await begin()
  t.equal(await check(stored(1)), null)
  t.strictSame(asked, [])
  t.equal(await check(stored(2), stored(2)), null)
  t.equal(mirror.position?.sequence, 2)
  await check(stored(3), null)
  await check(stored(3), stored(2))
  t.strictSame(asked, [])
  await check(stored(3), stored(3, { size: 2 }))
  t.strictSame(asked, ['rewrite'], 'a station is missing')
  await check(stored(1))
  t.strictSame(asked, ['rewrite', 'rewrite'], 'the store has an older state')
  await check(null)
  t.strictSame(asked, ['rewrite', 'rewrite', 'rewrite'], 'the store is empty')
  t.equal(mirror.position?.sequence, 2)
  follower.end()
  t.equal(await check(stored(1)), null, 'what it has shown is newer')
})

test('a follower compares its state every 3 s', async (t) => {
  const { follower, begin, stored, check, mirror } = await setup(t)
  await begin()
  t.equal(await check(stored(2), stored(2)), null)
  t.equal(await follower.check(), null)
  t.equal(mirror.position?.sequence, 2)
  t.ok(follower.unconfirmedMs < 3000)
})

test('what is read while a follower ends has no effect', async (t) => {
  const { follower, begin, check, stored, mirror, asked } = await setup(t)
  const late = (state: StoredState | null): Promise<StoredState | null> => new Promise((resolve) => {
    setImmediate(() => {
      follower.end()
      resolve(state)
    })
  })
  t.equal(await check(late(stored(1))), null)
  t.strictSame(asked, [])
  await begin()
  await check(late(null))
  t.strictSame(asked, [])
  follower.end()
  mirror.reset(null, new Map())
  await begin()
  await check(stored(2), late(stored(2)))
  t.equal(mirror.position?.sequence, 1)
})
