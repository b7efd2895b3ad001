import { test } from 'tap'
import type { HistoryStore, StationMemory } from '../../lib/store/store.ts'
import { historyStoreTests } from '../../lib/testing/index.ts'
import { memoryStore } from '../store/memory-store.ts'

for (const [what, shared] of [['a store in memory', new Map<string, string>()], ['one that others use too', new Map([['other', '"?"']])]] as const) {
  for (const { name, run } of historyStoreTests(() => memoryStore(shared))) test(`${what}: ${name}`, run)
}

/** The names of the tests that a store fails. */
async function failures (open: () => HistoryStore | Promise<HistoryStore>): Promise<string[]> {
  const names: string[] = []
  for (const { name, run } of historyStoreTests(open)) await run().catch(() => names.push(name))
  return names
}

/** A store that works, but for what is done to what it is given. */
function broken (texts: Map<string, string>, changed: Partial<HistoryStore>): HistoryStore {
  return { ...memoryStore(texts), ...changed }
}

test('the contract tests fail for stores that break the contract', async (t) => {
  const all = historyStoreTests(() => memoryStore()).map(({ name }) => name)
  const [saved, restarts, latest, others, together, ids, names, large] = all
  const kept = new Map<string, string>()
  const object: Record<string, StationMemory> = {}
  const save = (change: (station: string, memory: StationMemory) => [string, StationMemory | object]) => (): HistoryStore => {
    return broken(kept, { async save (station, memory) { const [id, value] = change(station, memory); kept.set(id, JSON.stringify(value)) } })
  }
  let slot: [string, string] | undefined
  const stores: Array<[what: string, open: () => HistoryStore | Promise<HistoryStore>, fails: Array<string | undefined>]> = [
    ['can not be opened', () => { throw new Error('refused') }, all],
    ['loses everything', () => broken(new Map(), { async save () {} }), all],
    ['keeps it for this process only', () => memoryStore(), [restarts, latest, others, together, ids, names, large]],
    ['keeps what came first', () => broken(kept, { async save (station, memory) { if (!kept.has(station)) kept.set(station, JSON.stringify(memory)) } }), [latest]],
    ['keeps one station', () => broken(kept, {
      async load () { return slot === undefined ? [] : [[slot[0], JSON.parse(slot[1])]] },
      async save (station, memory) { slot = [station, JSON.stringify(memory)] }
    }), [others, together, ids, names]],
    ['keeps stations as the properties of an object', () => ({
      async load () { return Object.entries(object) },
      async save (station, memory) { object[station] = memory }
    }), [names]],
    ['does not tell capitals apart', save((station, memory) => [station.toLowerCase(), memory]), [ids, names]],
    ['trims ids', save((station, memory) => [station.trim(), memory]), [ids]],
    ['composes letters', save((station, memory) => [station.normalize('NFC'), memory]), [ids]],
    ['knows the columns of tracks only', save((station, { seenAt, track, history }) => [station, {
      seenAt,
      track: track && { ...track, cover: undefined },
      history
    }]), [saved, restarts, others, together, ids, names, large]],
    ['has a column that is too narrow', () => broken(kept, { async save (station, memory) { kept.set(station, JSON.stringify(memory).length > 65_535 ? '{}' : JSON.stringify(memory)) } }), [large]],
    ['says that it has saved before it has', () => broken(kept, { async save (station, memory) { setImmediate(() => kept.set(station, JSON.stringify(memory))) } }), [saved, restarts, latest, others, together, ids, names, large]],
    ['can not close', () => broken(kept, { async close () { throw new Error('no') } }), all]
  ]
  for (const [what, open, fails] of stores) {
    kept.clear()
    t.strictSame(new Set(await failures(open)), new Set(fails), what)
  }
})
