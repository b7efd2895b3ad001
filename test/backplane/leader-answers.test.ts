import { test } from 'tap'
import { LeaderAnswers } from '../../lib/backplane/leader-answers.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { StateWriter } from '../../lib/backplane/state-writer.ts'
import { SharedClock } from '../../lib/state/shared-clock.ts'
import { StationUpdater } from '../../lib/state/station-updater.ts'
import { Radio } from '../stations/helper.ts'

function setup (answers: Record<string, (text: string) => string>): LeaderAnswers {
  const { registry, state } = new Radio()
  const [backplane, clock] = [memoryBackplane(), new SharedClock()]
  return new LeaderAnswers({
    backplane,
    clock,
    updater: new StationUpdater({ state, createRegistry: () => registry, servers: [], onStartedPlay: () => {} }),
    writer: new StateWriter({ backplane, state, clock, optionsHash: 'own', toHandover: () => undefined, onRefused: () => {} }),
    answers: new Map(Object.entries(answers)),
    isLeading: () => true,
    term: () => 1
  })
}

test('a question is answered by the function for its type', async (t) => {
  const answers = setup({ tell: (text) => `told ${text}` })
  t.equal(await answers.answer('tell', 'A'), 'told A')
  t.equal(await answers.answer('time', ''), '')
})

test('a question of a type that nobody answers has no answer, even if every object has a member of this name', async (t) => {
  const answers = setup({ tell: () => 'told' })
  for (const type of ['other', 'constructor', 'toString', 'hasOwnProperty', '__proto__', '']) t.equal(await answers.answer(type, 'A'), null, type)
})
