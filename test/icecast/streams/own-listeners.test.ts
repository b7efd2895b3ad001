import { test, type Test } from 'tap'
import { OwnListeners } from '../../../lib/icecast/streams/own-listeners.ts'
import { mount } from '../../stations/helper.ts'

type Step = [now: number, connectedAt: number | null | 'soon', listeners: number | null, peak: number | null, expected: [number | null, number | null], streamStart?: string]

function check (t: Test, steps: Step[], before: [number | null, number | null]): void {
  const own = new OwnListeners(mount('/a', { listeners: before[0], listenerPeak: before[1] }))
  for (const [now, connectedAt, listeners, listenerPeak, expected, streamStart = 'start'] of steps) {
    const { listeners: current, listenerPeak: peak } = own.correct(mount('/a', { listeners, listenerPeak, streamStart }), { connectedAt: connectedAt === 'soon' ? null : connectedAt, isConnecting: connectedAt === 'soon' }, now)
    t.same([current, peak], expected, `at ${now}`)
  }
}

test('our connection is subtracted once it is counted, and as long as it is counted', async (t) => {
  check(t, [
    [0, null, 5, 10, [5, 10]],
    // It is connected at 100, and counted from some time before 500 on.
    [200, 100, 5, 10, [5, 10]],
    [500, 100, 6, 10, [5, 10]],
    [2000, 100, 6, 10, [5, 10]],
    [3000, 100, 8, 10, [7, 10]],
    // It is closed at 4000, and counted until some time before 5000.
    [4000, null, 8, 10, [7, 10]],
    [5000, null, 7, 10, [7, 10]],
    [6000, null, 4, 10, [4, 10]]
  ], [5, 10])
})

test('we may be counted before we have the answer', async (t) => {
  check(t, [
    [100, 'soon', 6, 6, [5, 5]],
    [9000, 'soon', 6, 6, [5, 5]],
    [9600, 9500, 6, 6, [5, 5]],
    [12_000, 9500, 7, 7, [6, 6]]
  ], [5, 5])
})

test('a peak that was reached with us is one lower', async (t) => {
  check(t, [
    [100, 100, 5, 5, [5, 5]],
    [3000, 100, 6, 6, [5, 5]],
    [4000, 100, 9, 9, [8, 8]],
    [5000, 100, 3, 9, [2, 8]],
    // Without us it is as it is.
    [6000, null, 3, 9, [2, 8]],
    [8000, null, 10, 10, [10, 10]]
  ], [5, 5])
})

test('with a new source the peak begins again', async (t) => {
  check(t, [
    [100, 100, 3, 20, [3, 20]],
    [3000, 100, 4, 20, [3, 20]],
    [4000, 100, 2, 2, [1, 1], 'later'],
    [5000, 100, 1, 2, [0, 1], 'later']
  ], [3, 20])
})

test('a number that is unknown stays unknown', async (t) => {
  check(t, [
    [100, 100, null, null, [null, null]],
    [200, 100, 3, 3, [2, 2]],
    [3000, 100, 0, null, [0, null]],
    [4000, 100, null, 7, [null, 6]]
  ], [null, null])
})
