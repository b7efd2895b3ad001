import { test } from 'tap'
import type { Status } from '../../lib/schemas.ts'
import { decideStatus, type ServerFacts } from '../../lib/stations/decide-status.ts'

const readable: ServerFacts = { isReadable: true, isLost: false, isLive: false, hasCarried: false, isUpToDate: true, cannotSeeMounts: false }
const failing: ServerFacts = { ...readable, isReadable: false }
const lost: ServerFacts = { ...failing, isLost: true }
const carried = { hasCarried: true }

const rows: Array<[row: string, servers: ServerFacts[], previous: Status, expected: Status | null]> = [
  ['1: a readable server has the station', [{ ...readable, ...carried, isLive: true }], 'unknown', 'live'],
  ['1: also when another one is lost', [{ ...lost, ...carried }, { ...readable, ...carried, isLive: true }], 'stale', 'live'],
  ['2: a failing server had it', [{ ...failing, ...carried, isLive: true }, readable], 'live', null],
  ['3: a server that carried it hides a mount', [{ ...readable, ...carried, cannotSeeMounts: true }], 'live', 'stale'],
  ['3: nothing is known yet', [{ ...readable, cannotSeeMounts: true }], 'unknown', null],
  ['3: a server that never carried it does not matter', [{ ...readable, ...carried }, { ...readable, cannotSeeMounts: true }], 'live', 'offline'],
  ['4: all are read, and none has it', [{ ...readable, ...carried }, readable], 'live', 'offline'],
  ['4: none has ever had it', [readable, readable], 'unknown', 'offline'],
  ['4: a spare that cannot be read was asked once more', [{ ...readable, ...carried }, failing], 'live', 'offline'],
  ['5: a server that carried it is lost', [{ ...lost, ...carried }, readable], 'live', 'stale'],
  ['5: nothing is known yet', [lost, readable], 'unknown', null],
  ['6: a server was last read before the station left another one', [{ ...readable, ...carried }, { ...readable, isUpToDate: false }], 'live', null],
  ['6: a spare that cannot be read has to be asked once more', [{ ...readable, ...carried }, { ...failing, isUpToDate: false }], 'live', null],
  ['6: a server that carried it is failing, and not lost yet', [{ ...failing, ...carried }, readable], 'live', null],
  ['6: a server has never been read', [{ ...failing }, readable], 'unknown', null]
]

for (const [row, servers, previous, expected] of rows) {
  test(`status, row ${row}`, async (t) => {
    t.equal(decideStatus(servers, previous), expected)
  })
}
