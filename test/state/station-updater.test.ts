import { test } from 'tap'
import { loggedPollers } from '../../lib/log/logged-pollers.ts'
import { readOptions } from '../../lib/options/read.ts'
import { PublishedState } from '../../lib/state/published-state.ts'
import { StationUpdater } from '../../lib/state/station-updater.ts'
import type { Outcome, StationRegistry } from '../../lib/stations/station-registry.ts'
import { logOf } from '../helpers/log.ts'
import { Radio } from '../stations/helper.ts'

const NOTHING: Outcome = { changes: [], forgotten: [], isComplete: true, startedPlays: [], serversToRefresh: new Set(), nextDeadline: null }

/** Reads a server that does not exist. */
function updating () {
  const created: StationRegistry[] = []
  const state = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  const updater = new StationUpdater({
    createRegistry () {
      const { registry } = new Radio()
      created.push(registry)
      return registry
    },
    state,
    servers: loggedPollers(readOptions({ url: 'http://127.0.0.1:1' }), logOf().log),
    onStartedPlay () {}
  })
  return { updater, state, created }
}

test('reading that has begun is not begun again', async (t) => {
  const { updater, created } = updating()
  updater.start()
  updater.start()
  t.equal(created.length, 1)
  await updater.stop()
})

test('nothing is read after a listener of a change has ended reading', async (t) => {
  const { updater, state } = updating()
  updater.start()
  const station = new Radio({ stations: { main: { mounts: ['/main'] } } }).station()
  let stopped: Promise<void> | undefined
  state.subscribe(() => { stopped = updater.stop() })
  updater.handle(() => ({ ...NOTHING, changes: [{ station, previous: undefined, isNewPlay: false }], nextDeadline: 0 }))
  t.equal(updater.isReading, false)
  await stopped
  t.equal(await updater.refresh(), false)
})

test('the answer to a read of a run that has ended is ignored', async (t) => {
  const { updater, created } = updating()
  updater.start()
  updater.handle(() => ({ ...NOTHING, serversToRefresh: new Set([0]) }))
  const stopped = updater.stop()
  updater.discard()
  updater.start()
  await stopped
  t.equal(created.length, 2)
  t.equal(updater.isReading, true)
  await updater.stop()
})
