import { test } from 'tap'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { StateWriter } from '../../lib/backplane/state-writer.ts'
import { SharedClock } from '../../lib/state/shared-clock.ts'
import { Radio } from '../stations/helper.ts'

test('a leader writes stations of which nothing was read yet, and removes those that are gone', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/a': 'A', '/b': 'B' })
  const { state } = radio
  const backplane = memoryBackplane()
  const term = await backplane.lead(60_000) ?? NaN
  const writer = new StateWriter({ backplane, state, clock: new SharedClock(), optionsHash: 'own', toHandover: () => undefined, onRefused: () => t.fail('it was refused') })
  t.teardown(() => writer.end())
  writer.begin(term, ['old'])
  writer.noteRead()
  await writer.settled()
  const stored = await backplane.read()
  t.strictSame([...stored?.stations.keys() ?? []], ['a', 'b'])
  t.match(JSON.parse(stored?.stations.get('a') ?? ''), { station: { track: { text: 'A' } }, saved: { track: { text: 'A' } }, pending: [] })
  t.match(JSON.parse(stored?.head ?? ''), { size: 2, sequence: 1, options: 'own' })

  const [station] = state.list
  if (station === undefined) throw new Error('there is no station')
  state.apply({ changes: [{ station: { ...station, name: 'Other' }, previous: station, isNewPlay: false }], forgotten: ['b'], isComplete: true })
  await writer.settled()
  t.strictSame([...(await backplane.read())?.stations.keys() ?? []], ['a'])
})

test('a leader writes again what could not be written', async (t) => {
  const radio = new Radio()
  radio.reports(1, { '/a': 'A', '/b': 'B' })
  const { state } = radio
  const memory = memoryBackplane()
  let failures = 1
  const write: typeof memory.write = async (...given) => {
    if (failures-- > 0) throw new Error('it is down')
    return await memory.write(...given)
  }
  const backplane = Object.assign(Object.create(memory), { write })
  const term = await memory.lead(60_000) ?? NaN
  const writer = new StateWriter({ backplane, state, clock: new SharedClock(), optionsHash: 'own', toHandover: () => undefined, onRefused: () => t.fail('it was refused') })
  t.teardown(() => writer.end())
  writer.begin(term, [])
  writer.noteRead()
  await writer.settled()
  t.equal(await memory.read(), null)
  const stored = async (): Promise<string> => [...(await memory.read())?.stations.values() ?? []].join()
  while (!/"A"[^]*"B"/.test(await stored())) await new Promise(setImmediate)

  failures = 1
  radio.reports(10, { '/a': 'C', '/b': 'B' })
  await writer.settled()
  t.match(await stored(), /"text":"A"/)
  while (!/"text":"C"/.test(await stored())) await new Promise(setImmediate)
  t.ok(failures < 0)
})
