import { deepStrictEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { HistoryStore, StationMemory } from '../store/store.ts'

export interface HistoryStoreTest {
  name: string
  /** Rejects if the store does not fulfil the contract. */
  run (): Promise<void>
}

/**
 * The contract of a `HistoryStore`, as tests for any runner: `for (const { name, run } of historyStoreTests(open)) test(name, run)`.
 * `open` returns the store, each time over the same storage, as after a restart; the store before has been closed by then.
 * Each run uses new ids, so the storage need not be empty. What the tests save is not deleted.
 */
export function historyStoreTests (open: () => Promise<HistoryStore> | HistoryStore): HistoryStoreTest[] {
  return Object.entries(CONTRACT).map(([name, test]) => ({
    name,
    async run () {
      let store: HistoryStore | null = null
      const close = async (): Promise<void> => {
        const last = store
        store = null
        await last?.close?.()
      }
      const reopen = async (): Promise<HistoryStore> => {
        await close()
        store = await open()
        return store
      }
      try {
        await test(reopen, `${randomUUID()}/`)
      } finally {
        await close()
      }
    }
  }))
}

/** `open` closes the store before; ids have to begin with `mine`. */
type Contract = Record<string, (open: () => Promise<HistoryStore>, mine: string) => Promise<void>>

const CONTRACT: Contract = {
  async 'what was saved is loaded' (open, mine) {
    const store = await open()
    await store.save(mine, memory())
    deepStrictEqual(await load(store, mine), { '': memory() })
  },

  async 'it is there after a restart' (open, mine) {
    const store = await open()
    await store.save(mine, memory())
    deepStrictEqual(await load(await open(), mine), { '': memory() })
  },

  async 'the latest save of a station is what counts' (open, mine) {
    const store = await open()
    for (const text of ['first', 'second', 'third']) await store.save(mine, memory(text))
    await store.save(mine, { ...memory('last'), track: null, history: [] })
    deepStrictEqual(await load(await open(), mine), { '': { ...memory('last'), track: null, history: [] } })
  },

  async 'a save after a restart leaves the other stations' (open, mine) {
    const store = await open()
    await store.save(`${mine}a`, memory('A'))
    const again = await open()
    await again.save(`${mine}b`, memory('B'))
    deepStrictEqual(await load(again, mine), { a: memory('A'), b: memory('B') })
  },

  async 'stations saved at the same time are all there' (open, mine) {
    const store = await open()
    const ids = Array.from({ length: 50 }, (_, index) => `${index}`)
    await Promise.all(ids.map((id) => store.save(mine + id, memory(`Title ${id}`))))
    deepStrictEqual(await load(await open(), mine), Object.fromEntries(ids.map((id) => [id, memory(`Title ${id}`)])))
  },

  async 'ids are any text, and differ by each letter' (open, mine) {
    const store = await open()
    const ids = ['main', 'Main', 'main ', ' main', 'a/b', 'b', 'a:b', 'a.b', 'a%2Fb', 'a\'b', 'a"b', 'a\\b', 'a*', '$a', 'ключ', 'e\u0301', 'é', '📻', 'x'.repeat(100)]
    for (const id of ids) await store.save(mine + id, memory(id))
    deepStrictEqual(await load(await open(), mine), Object.fromEntries(ids.map((id) => [id, memory(id)])))
  },

  // These can't be new for each run.
  async 'ids that mean something to JavaScript are ids like others' (open) {
    const store = await open()
    const ids = ['__proto__', 'constructor', 'toString']
    const text = randomUUID()
    for (const id of ids) await store.save(id, memory(text))
    const all = new Map(await (await open()).load())
    for (const id of ids) deepStrictEqual(all.get(id), memory(text))
  },

  async 'a memory of more than a megabyte comes back whole' (open, mine) {
    const store = await open()
    const [past] = memory().history
    ok(past)
    const large = { ...memory(), history: Array.from({ length: 100 }, (_, index) => ({ ...past, id: `${index}`, about: 'ä'.repeat(8192) })) }
    await store.save(mine, large)
    deepStrictEqual(await load(await open(), mine), { '': large })
  }
}

/** The stations of this test, by what comes after the part that is new for each run. */
async function load (store: HistoryStore, mine: string): Promise<Record<string, unknown>> {
  const all = Array.from(await store.load(), ([station, memory]): [string, unknown] => [station, memory])
  return Object.fromEntries(all.filter(([station]) => station.startsWith(mine)).map(([station, memory]) => [station.slice(mine.length), memory]))
}

function memory (text = 'Björk - Jóga 🌋'): StationMemory {
  const track = {
    id: 'a-play',
    text,
    artist: null,
    title: 'It\'s "quoted" \\ <b>&amp;</b> \u2028',
    raw: 'BjÃ¶rk',
    kind: 'song' as const,
    startedAt: '2026-11-22T05:12:31.204Z',
    audibleAt: '2026-11-22T05:12:51.204Z',
    duration: 305_000,
    endsAt: '2026-11-22T05:17:56.204Z',
    tags: { album: 'Homogenic' },
    mount: '/main.mp3',
    // Fields of a user's own.
    cover: { sizes: [250, 500.5], url: 'https://covers.example/1.jpg', isFront: true, credit: null }
  }
  return { seenAt: '2026-11-22T05:15:00.000Z', track, history: [{ ...track, id: 'the-one-before', endedAt: '2026-11-22T05:12:31.204Z' }] }
}
