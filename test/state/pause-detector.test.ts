import { test } from 'tap'
import { PauseDetector } from '../../lib/state/pause-detector.ts'

test('a check that is late by more than two seconds is a pause, reported once', async (t) => {
  const pauses = new PauseDetector(0)
  t.notOk(pauses.hasPaused(500))
  t.notOk(pauses.hasPaused(3000), 'a busy event loop is no pause')
  t.ok(pauses.hasPaused(63_000))
  t.notOk(pauses.hasPaused(63_001))
})
