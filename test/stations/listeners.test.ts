import { test } from 'tap'
import { Radio } from './helper.ts'

const main = { main: { mounts: ['/main', '/main.opus'] } }
const heard = (listeners: number | null, title = 'A') => ({ '/main': { title, listeners, listenerPeak: listeners } })

test('listener counts are published at once, then at most every 10 s', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(0, heard(1))
  t.equal(radio.reports(100, heard(2)).length, 1, 'the first change at once')
  t.equal(radio.station().listeners.current, 2)
  for (let at = 101; at < 110; at++) t.strictSame(radio.reports(at, heard(at)), [])
  t.equal(radio.station().listeners.current, 2)
  t.equal(radio.passes(110).length, 1)
  t.match(radio.station(), { listeners: { current: 109, peak: 109 }, mounts: [{ listeners: 109 }, { listeners: null }] })
  t.strictSame(radio.reports(119.9, heard(5)), [])
  t.equal(radio.passes(120).length, 1)
  t.equal(radio.station().listeners.current, 5)
  t.equal(radio.deadline, null)
})

test('listener counts that return to the published value publish nothing', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(0, heard(1))
  radio.reports(1, heard(2))
  radio.reports(2, heard(3))
  radio.reports(3, heard(2))
  t.equal(radio.deadline, null)
  t.strictSame(radio.passes(100), [])
})

test('a new title is published together with pending listener counts', async (t) => {
  const radio = new Radio({ stations: main })
  radio.reports(0, heard(1))
  radio.reports(1, heard(2))
  radio.reports(2, heard(3))
  t.equal(radio.reports(3, heard(4, 'B')).length, 1)
  t.equal(radio.station().listeners.current, 4)
  t.equal(radio.deadline, null)
  t.strictSame(radio.passes(100), [])
})

test('pending listener counts are published while the server cannot be read', async (t) => {
  const radio = new Radio({ stations: main, staleAfter: 60_000 })
  radio.reports(0, heard(1))
  radio.reports(1, heard(2))
  radio.reports(2, heard(3))
  radio.fails(3)
  t.equal(radio.passes(11).length, 1)
  t.match(radio.station(), { status: 'live', listeners: { current: 3 } })
})

test('listener counts of live mounts are summed; the sum is null if one is unknown', async (t) => {
  const sums: Array<[a: object, b: object, current: number | null, peak: number | null]> = [
    [{ listeners: 3, listenerPeak: 10 }, { listeners: 4, listenerPeak: 20 }, 7, 30],
    [{ listeners: 0, listenerPeak: 0 }, { listeners: 0, listenerPeak: 0 }, 0, 0],
    [{ listeners: 3, listenerPeak: 10 }, { listeners: null, listenerPeak: 20 }, null, 30],
    [{ listeners: null, listenerPeak: null }, { listeners: 4, listenerPeak: null }, null, null],
    [{ listeners: 3, listenerPeak: 10 }, { live: false, listeners: 9, listenerPeak: 9 }, 3, 10],
    [{ live: false, listeners: 9, listenerPeak: 9 }, { live: false, listeners: 9, listenerPeak: 9 }, null, null]
  ]
  for (const [a, b, current, peak] of sums) {
    const radio = new Radio({ stations: main })
    radio.reports(1, { '/main': a, '/main.opus': b, '/other': { listeners: 100, listenerPeak: 100 } })
    t.strictSame(radio.station().listeners, { current, peak })
  }
})

test('pending listener counts are published at their deadline for any clock value', async (t) => {
  for (let i = 0; i < 1000; i++) {
    const radio = new Radio({ stations: main }, Math.random() * 1e7)
    radio.reports(0, heard(1))
    radio.reports(1, heard(2))
    radio.reports(2, heard(3))
    radio.passes(12)
    if (radio.station().listeners.current !== 3) t.fail('not published')
  }
})
