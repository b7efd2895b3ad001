import { test } from 'tap'
import { mount, Radio, type MountInShort } from './helper.ts'

// A server that can be read, but not all of it: some mounts may be hidden.

const stations = { main: { mounts: ['/main', '/fallback'] } }

function report (unknownMounts: string[], mounts: Record<string, MountInShort> = {}) {
  return { serverId: null, serverStart: null, mounts: Object.entries(mounts).map(([path, short]) => mount(path, short)), unknownMounts }
}

test('a station that nobody has heard and that may be hidden is unknown, not offline', async (t) => {
  const radio = new Radio({ stations })
  t.strictSame(radio.reads(0, report(['/main', '/fallback'])), [])
  t.strictSame(radio.reads(1, report(['/fallback'])), [], 'also when only one of its mounts may be')
  t.equal(radio.station().status, 'unknown')
  radio.reads(2, report(['/main'], { '/fallback': 'A' }))
  t.match(radio.station(), { status: 'live', track: { text: 'A' } })
})

test('one that was heard, and is not to be seen any more, is stale with its track; not so its neighbour', async (t) => {
  const radio = new Radio({ stations: { ...stations, other: { mounts: ['/other'] } } })
  radio.reports(0, { '/main': 'A', '/other': 'B' })
  radio.reads(1, report(['/main', '/fallback'], { '/other': 'C' }))
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } })
  t.match(radio.station('other'), { status: 'live', track: { text: 'C' } })
  radio.reports(2, {})
  t.equal(radio.station().status, 'offline', 'until it is known')
  t.strictSame(radio.reads(3, report(['/main', '/fallback'])), [], 'and that it was offline is not forgotten')
})

test('one that was heard where everyone may hear it is offline when it is not there', async (t) => {
  const radio = new Radio({ stations })
  radio.reads(0, report(['/fallback'], { '/main': 'A' }))
  radio.reads(1, report(['/fallback']))
  t.equal(radio.station().status, 'offline')
})

test('a server that never had it has no say, whatever it hides', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(0, { '/main': 'A' })
  radio.reads(0, report(['/main', '/fallback']), 1)
  radio.reports(1, {})
  radio.reads(2, report(['/main', '/fallback']), 1)
  t.equal(radio.station().status, 'offline')
})
