import { test } from 'tap'
import { mount, Radio, type MountInShort } from './helper.ts'

// A server that can be read, but not all of it: some mounts may be hidden.

const stations = { main: { mounts: ['/main', '/fallback'] } }

function report (unknownMounts: string[], mounts: Record<string, MountInShort> = {}) {
  return { serverId: null, serverStart: null, mounts: Object.entries(mounts).map(([path, short]) => mount(path, short)), unknownMounts }
}

test('a station that was never live and may be hidden is unknown, not offline', async (t) => {
  const radio = new Radio({ stations })
  t.strictSame(radio.reads(0, report(['/main', '/fallback'])), [])
  t.strictSame(radio.reads(1, report(['/fallback'])), [], 'also when only one of its mounts may be')
  t.equal(radio.station().status, 'unknown')
  radio.reads(2, report(['/main'], { '/fallback': 'A' }))
  t.match(radio.station(), { status: 'live', track: { text: 'A' } })
})

test('a live station that becomes hidden is stale with its track, and other stations are not', async (t) => {
  const radio = new Radio({ stations: { ...stations, other: { mounts: ['/other'] } } })
  radio.reports(0, { '/main': 'A', '/other': 'B' })
  radio.reads(1, report(['/main', '/fallback'], { '/other': 'C' }))
  t.match(radio.station(), { status: 'stale', track: { text: 'A' } })
  t.match(radio.station('other'), { status: 'live', track: { text: 'C' } })
  radio.reports(2, {})
  t.equal(radio.station().status, 'offline', 'until it is known')
  t.strictSame(radio.reads(3, report(['/main', '/fallback'])), [], 'and that it was offline is not forgotten')
})

test('a station that was live on a public mount is offline when this mount is missing', async (t) => {
  const radio = new Radio({ stations })
  radio.reads(0, report(['/fallback'], { '/main': 'A' }))
  radio.reads(1, report(['/fallback']))
  t.equal(radio.station().status, 'offline')
})

test('a server that never carried the station does not affect its status, whatever it hides', async (t) => {
  const radio = new Radio({ stations, servers: 2 })
  radio.reports(0, { '/main': 'A' })
  radio.reads(0, report(['/main', '/fallback']), 1)
  radio.reports(1, {})
  radio.reads(2, report(['/main', '/fallback']), 1)
  t.equal(radio.station().status, 'offline')
})
