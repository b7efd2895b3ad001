import { test, type Test } from 'tap'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { encodeAnswer, encodeQuestion, encodeWrite, readMessage } from '../../lib/backplane/messages.ts'
import { Questions } from '../../lib/backplane/questions.ts'
import { StateMirror } from '../../lib/backplane/state-mirror.ts'
import { createStateReader, writeHead, writeStation } from '../../lib/backplane/stored-state.ts'
import { PublishedState } from '../../lib/state/published-state.ts'
import type { LastUpdate } from '../../lib/state/state-without-listeners.ts'
import { becomes } from '../helpers/becomes.ts'
import { logOf } from '../helpers/log.ts'
import { Radio } from '../stations/helper.ts'

const TERM = 1_700_000_000_000

/** A mirror of a state that a leader writes; `write` gives the hint. */
async function setup (t: Test) {
  const radio = new Radio()
  radio.reports(1, { '/a': 'A', '/b': 'B' })
  const backplane: Backplane = memoryBackplane()
  const state = new PublishedState({ stations: [], isDiscovering: true, startedAt: 0 })
  const { log, lines } = logOf()
  let failures = 0
  const mirror = new StateMirror({ backplane, state, reader: await createStateReader(), log, configured: new Set(), optionsHash: 'own', onFailure: () => { failures++ } })
  const textOf = (id: string, version = `${TERM.toString(36)}-1`, lastUpdate?: LastUpdate): string => {
    const handover = radio.registry.toHandover(id, radio.now)
    if (handover === undefined) throw new Error('there is no such station')
    return writeStation({ ...handover, version, lastUpdate })
  }
  const write = async (sequence: number, stations: Record<string, string | null>, size = 2) => {
    const head = writeHead({ term: TERM, sequence, version: `${TERM.toString(36)}-${sequence}`, isComplete: true, size, time: 0 })
    await backplane.write(TERM, { head, stations: new Map(Object.entries(stations)) }, '')
  }
  const readAll = async (): Promise<void> => {
    const stored = await mirror.fetch(null)
    if (stored !== null) mirror.apply(mirror.decode(stored, null))
  }
  const hint = (from: number, sequence: number, ids: string[] | null): void => mirror.hint({ kind: 'write', term: TERM, from, sequence, time: 0, ids })
  t.teardown(() => mirror.unfollow())
  return { radio, backplane, state, lines, mirror, textOf, write, readAll, hint, failures: () => failures }
}

test('a mirror takes over what clients without listener numbers see', async (t) => {
  const { state, lines, textOf, write, readAll } = await setup(t)
  const lastUpdate = (version: string): LastUpdate => ({ version, listeners: { current: 3, peak: 4 }, mounts: [3] })
  await write(2, { a: textOf('a', 'run-2', lastUpdate('run-1')), b: textOf('b', 'run-1', lastUpdate('?')) })
  await readAll()
  t.equal(state.versionOf('a'), 'run-2')
  t.equal(state.withoutListeners.versionOf('a'), 'run-1')
  t.match(state.withoutListeners.get('a'), { track: { text: 'A' }, listeners: { current: 3, peak: 4 }, mounts: [{ listeners: 3 }] })
  t.equal(state.get('b'), undefined)
  t.match(lines.map(({ msg }) => msg).join(), /station `b` is not as it should be/)
})

test('a mirror publishes what was written, and reads only what a hint names', async (t) => {
  const { radio, state, mirror, textOf, write, readAll, hint } = await setup(t)
  hint(0, 1, null)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  t.strictSame(state.list, radio.state.list)
  const waiting = mirror.whenUpTo({ term: TERM, sequence: 3 }, 10_000)
  radio.reports(10, { '/a': 'C', '/b': 'B' })
  await write(2, { a: textOf('a', 'other-1') })
  hint(1, 2, ['a'])
  radio.reports(20, { '/a': 'C', '/b': 'D' })
  await write(3, { b: textOf('b') })
  hint(2, 3, ['b'])
  t.equal(await waiting, true)
  t.strictSame(state.list, radio.state.list)
  hint(2, 3, ['b'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 4 }, 10), false)
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 3 }, 10), true)
})

test('a mirror reads everything when hints are missing, or more was written', async (t) => {
  const { radio, state, mirror, textOf, write, readAll, hint } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  radio.reports(10, { '/a': 'C', '/b': 'D' })
  await write(2, { a: textOf('a') })
  await write(3, { b: textOf('b') })
  hint(2, 3, ['b'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 3 }, 10_000), true)
  t.strictSame(state.list, radio.state.list)
  radio.reports(20, { '/a': 'E', '/b': 'F' })
  await write(4, { a: textOf('a') })
  await write(5, { b: textOf('b') })
  hint(3, 4, ['a'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 5 }, 10_000), true)
  t.strictSame(state.list, radio.state.list)
})

test('a mirror forgets stations that are gone', async (t) => {
  const { state, mirror, textOf, write, readAll, hint } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  await write(2, { a: null }, 1)
  hint(1, 2, ['a'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 2 }, 10_000), true)
  t.match(state.list.map(({ id }) => id), ['b'])
})

test('a mirror does not use an incomplete state, one of too many stations, or one that cannot be read', async (t) => {
  const { backplane, mirror, textOf, write, readAll, hint, failures } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  await write(2, { a: textOf('a') }, 3)
  hint(1, 2, null)
  await becomes(() => failures() === 1)
  t.strictSame(mirror.position, { term: TERM, sequence: 1 })
  const stored = await backplane.read()
  if (stored === null) throw new Error('nothing is stored')
  t.throws(() => mirror.decode({ ...stored, stations: new Map(Array.from({ length: 10_001 }, (_, index) => [`${index}`, ''])) }, null), { message: /it has 10001 stations/ })
  for (const head of ['{"format":1}', '[]', 'x', ' '.repeat(5000)]) t.throws(() => mirror.decode({ ...stored, head }, null), { code: 'FST_ICECAST_BACKPLANE_STATE' })
  await backplane.write(TERM, { head: 'nonsense', stations: new Map() }, '')
  hint(2, 3, ['a'])
  await becomes(() => failures() === 2)
})

test('a station with a date that is none, or nested too deeply, is left out', async (t) => {
  const { lines, mirror, textOf, write } = await setup(t)
  const text = textOf('a')
  const deep = text.replace('"staleText":null', `"staleText":null,"more":${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  for (const wrong of [text.replace(/"statusSince":"[^"]*"/, '"statusSince":"yesterday, I believe yes"'), deep]) {
    await write(1, { a: wrong, b: textOf('b') })
    const stored = await mirror.fetch(null)
    t.equal(stored && mirror.decode(stored, null).changed.length, 1)
  }
  t.equal(lines.length, 1)
})

test('a hint names all stations when their ids do not fit, and texts that are too long are not sent', async (t) => {
  const write = { term: 1, from: 0, sequence: 1, time: 1 }
  t.match(readMessage(encodeWrite({ ...write, ids: ['a'] })), { kind: 'write', ids: ['a'] })
  t.match(readMessage(encodeWrite({ ...write, ids: ['a'.repeat(600)] })), { ids: null })
  t.equal(encodeQuestion('tell', 'x'.repeat(4096)), null)
  t.match(readMessage(encodeAnswer({ ...write, id: 'a', text: 'x'.repeat(4096) })), { kind: 'answer', text: '' })
  t.equal(readMessage('["write",1,0,1,1,[1]]'), null)
  t.equal(readMessage('["answer","a","",1,1,-1]'), null)
  t.equal(readMessage('["subscribers","a","/now-playing",-1]'), null)
  t.equal(readMessage('["subscribers","a","/now-playing","1"]'), null)
  t.equal(readMessage('["subscribers","a",1,1]'), null)
  t.equal(readMessage('["subscribers",1,"/now-playing",1]'), null)
  t.match(readMessage('["subscribers","a","/now-playing",null]'), { kind: 'subscribers', count: null })
  t.equal(readMessage('{}'), null)
  t.equal(await new Questions(memoryBackplane()).ask('tell', 'x'.repeat(4096), 10), null)
  const closed = new Questions(memoryBackplane())
  closed.close()
  t.equal(await closed.ask('tell', '', 600_000), null, 'nobody waits for an answer after the end')
})

test('a mirror reads once for several hints, and publishes stations in the order in which they have changed', async (t) => {
  const { radio, state, mirror, textOf, write, readAll, hint } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  const changed: string[] = []
  state.subscribe(({ station }) => { changed.push(station.id) })
  radio.reports(10, { '/a': 'C', '/b': 'D' })
  await write(4, { a: textOf('a', `${TERM.toString(36)}-4`), b: textOf('b', `${TERM.toString(36)}-3`) })
  hint(1, 2, null)
  hint(2, 3, ['b'])
  hint(3, 4, ['a'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 4 }, 10_000), true)
  t.strictSame(changed, ['b', 'a'])
  radio.reports(20, { '/a': 'E', '/b': 'F' })
  await write(5, { a: textOf('a', 'other-9'), b: textOf('b', `${TERM.toString(36)}-5`) })
  hint(4, 5, null)
  hint(5, 6, null)
  hint(6, 7, ['a'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 5 }, 10_000), true)
  t.strictSame(changed, ['b', 'a', 'a', 'b'], 'what has changed in an earlier run comes first')
})

test('a mirror that ends while it reads publishes nothing', async (t) => {
  const { backplane, state, mirror, textOf, write, readAll, hint } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  const { version } = state
  await write(2, { a: textOf('a') })
  hint(1, 2, ['a'])
  mirror.unfollow()
  await backplane.read()
  await new Promise((resolve) => { setImmediate(resolve) })
  t.equal(state.version, version)
})

test('a hint of a write that is not stored changes nothing', async (t) => {
  const { mirror, textOf, write, readAll, hint, failures } = await setup(t)
  await write(1, { a: textOf('a'), b: textOf('b') })
  await readAll()
  mirror.follow()
  hint(1, 2, ['a'])
  t.equal(await mirror.whenUpTo({ term: TERM, sequence: 2 }, 10), false)
  t.strictSame([mirror.position, failures()], [{ term: TERM, sequence: 1 }, 0])
})

test('a station is read with the details of a track that stands in for one', async (t) => {
  const { mirror, textOf, write } = await setup(t)
  const standIn = { details: { title: 'One' }, since: '2026-11-22T00:00:00.000Z' }
  for (const since of [standIn.since, 'no date']) {
    await write(1, { a: textOf('a').replace('"standIn":null', `"standIn":${JSON.stringify({ ...standIn, since })}`) }, 1)
    const stored = await mirror.fetch(null)
    t.match(stored && mirror.decode(stored, null).changed.map(({ stored }) => stored.told.standIn), since === standIn.since ? [standIn] : [])
  }
})
