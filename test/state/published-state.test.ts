import { test } from 'tap'
import { Radio } from '../stations/helper.ts'

test('a new run gives a version to what has not changed yet, and keeps the one of what has', (t) => {
  const { state } = new Radio({ stations: { main: { mounts: ['/main'] } } })
  state.startRun('5')
  t.strictSame([state.version, state.versionOf('main')], ['5-0', '5-0'])
  const [station] = state.list
  if (station === undefined) throw new Error('there is no station')
  state.replicate({ version: '5-3', stations: [{ station: { ...station, name: 'Other' }, version: '5-3' }], removed: [], isComplete: true })
  state.startRun('5')
  t.equal(state.version, '5-3')
  state.startRun('6')
  t.equal(state.version, '5-3')
  state.startRun('7', true)
  t.strictSame([state.version, state.versionOf('main')], ['7-0', '5-3'])
  t.end()
})
