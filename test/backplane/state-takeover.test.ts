import { test, type Test } from 'tap'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { StateMirror, type MirroredState } from '../../lib/backplane/state-mirror.ts'
import { StateTakeover } from '../../lib/backplane/state-takeover.ts'
import { createStateReader, writeHead } from '../../lib/backplane/stored-state.ts'
import { SharedClock } from '../../lib/state/shared-clock.ts'
import { StationUpdater } from '../../lib/state/station-updater.ts'
import type { Handover } from '../../lib/stations/handover.ts'
import { logOf } from '../helpers/log.ts'
import { Radio, type MountInShort } from '../stations/helper.ts'

const TERM = 1_700_000_000_000
const VERSION = `${TERM.toString(36)}-1`

/** An instance that has read these mounts. */
async function setup (t: Test, mounts: Record<string, MountInShort>) {
  const radio = new Radio()
  radio.reports(1, mounts)
  const { state } = radio
  const { log, lines } = logOf()
  const clock = new SharedClock()
  const updater = new StationUpdater({ createRegistry: () => radio.registry, state, servers: [], onStartedPlay: () => {} })
  t.teardown(() => updater.stop())
  const mirror = new StateMirror({ backplane: memoryBackplane(), state, reader: await createStateReader(), log, configured: new Set(), optionsHash: '', onFailure: () => {} })
  return { radio, state, updater, mirror, lines, takeover: new StateTakeover({ state, updater, clock, mirror, log }) }
}

/** What another instance has stored, which has read this title of `/a`, at this second. */
function storedOf (title: string | null, at: number): MirroredState {
  const radio = new Radio()
  radio.reports(at, { '/a': title })
  return { head: { term: TERM, sequence: 1, version: VERSION, isComplete: true, size: 1, time: Date.now() }, changed: [{ stored: { ...handoverOf(radio), version: VERSION }, text: '' }], ids: new Set(['a']), asked: null, isWhole: true }
}

function handoverOf (radio: Radio): Handover {
  const handover = radio.registry.toHandover('a', radio.now)
  if (handover === undefined) throw new Error('there is no such station')
  return handover
}

for (const { mine, theirs, theirsAt, shown } of [
  { mine: 'A', theirs: 'B', theirsAt: 100, shown: 'B' },
  { mine: 'A', theirs: 'B', theirsAt: 0, shown: 'A' },
  { mine: 'A', theirs: null, theirsAt: 100, shown: 'A' },
  { mine: null, theirs: 'B', theirsAt: 0, shown: 'B' },
  { mine: null, theirs: null, theirsAt: 100, shown: null }
]) {
  test(`an instance that has read ${mine} alone shows ${shown} when ${theirs} of second ${theirsAt} is stored`, async (t) => {
    const { state, updater, takeover } = await setup(t, { '/a': mine })
    updater.start()
    takeover.adopt(storedOf(theirs, theirsAt), true)
    t.equal(state.get('a')?.track?.text ?? null, shown)
    t.equal(updater.isReading, false, 'it begins to read anew')
  })
}

test('an instance that leads again keeps what it has read', async (t) => {
  const { state, updater, takeover } = await setup(t, { '/a': 'A' })
  updater.start()
  takeover.adopt(storedOf('B', 100), false)
  t.equal(state.get('a')?.track?.text, 'A')
  t.equal(updater.isReading, true)
})

test('an instance that has read nothing takes over what is stored, unless it is older', async (t) => {
  const { state, mirror, takeover } = await setup(t, {})
  mirror.reset({ term: TERM, sequence: 1 }, new Map())
  takeover.adopt(storedOf('B', 1), false)
  t.equal(state.get('a'), undefined)
  mirror.reset({ term: TERM, sequence: 0 }, new Map())
  takeover.adopt(storedOf('B', 1), false)
  t.equal(state.get('a')?.track?.text, 'B')
})

test('reading begins with what was handed over, also of a station that is not published', async (t) => {
  const { updater, mirror, takeover } = await setup(t, {})
  const other = new Radio()
  other.reports(1, { '/a': 'A' })
  mirror.reset(null, new Map([['a', handoverOf(other)]]))
  takeover.startReading(null)
  t.equal(updater.toHandover('a')?.saved.track?.text, 'A')
  t.equal(mirror.handovers.size, 0)
})

test('a station of which nothing was read here is not handed over', async (t) => {
  const { mirror, takeover } = await setup(t, { '/a': 'A' })
  takeover.stopReading({ term: TERM, sequence: 5 })
  t.equal(mirror.handovers.size, 0)
  t.strictSame(mirror.position, { term: TERM, sequence: 5 })
})

test('a stored state that is incomplete, or cannot be read, is not taken over', async (t) => {
  const { takeover, lines } = await setup(t, {})
  const head = writeHead({ term: TERM, sequence: 1, version: VERSION, isComplete: true, size: 2, time: 1 })
  t.equal(takeover.decode({ term: TERM, head, stations: new Map() }), null)
  t.equal(lines.length, 0)
  t.equal(takeover.decode({ term: TERM, head: 'x', stations: new Map() }), null)
  t.equal(lines.length, 1)
})
