import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { once, EventEmitter } from 'node:events'
import { randomUUID } from 'node:crypto'
import { LEAVE_HINT, type Backplane } from '../backplane/backplane.ts'

export interface BackplaneTest {
  name: string
  /** Rejects if the backplane does not fulfil the contract. */
  run (): Promise<void>
}

/** What only some storages can do. Tests of what is missing are left out. */
export interface BackplaneTestHooks {
  /** Empties the whole storage, as when it is restarted without its data. */
  wipe? (): Promise<void>
  /** Cuts the connections of all that are open, for a moment. */
  cut? (): Promise<void>
}

/**
 * The contract of a `Backplane`, as tests for any runner: `for (const { name, run } of backplaneTests(open)) test(name, run)`.
 * `open` returns a new instance's backplane over the same storage each time; those with the same `name` belong together.
 * Each test uses new names. The tests must not run at the same time if there is a `wipe` or a `cut`.
 */
export function backplaneTests (open: (name: string) => Promise<Backplane> | Backplane, hooks: BackplaneTestHooks = {}): BackplaneTest[] {
  const { wipe, cut } = hooks
  const tests: Contract = {
    ...CONTRACT,
    ...wipe === undefined ? {} : afterWipe(wipe),
    ...cut === undefined ? {} : afterCut(cut)
  }
  return Object.entries(tests).map(([name, test]) => ({
    name,
    async run () {
      const opened: Backplane[] = []
      const name = randomUUID()
      try {
        await test(async (other = '') => {
          const backplane = await open(name + other)
          opened.push(backplane)
          return backplane
        })
      } finally {
        await Promise.all(opened.map(closes))
      }
    }
  }))
}

/** `open` returns another instance, of this test's name or of one that also has `other`. */
type Open = (other?: string) => Promise<Backplane>
type Contract = Record<string, (open: Open) => Promise<void>>

/** ms that a lease lasts, where the test does not wait for its end. */
const LEASE_MS = 5000
/** ms within which everything that is expected has to happen. */
const MAX_WAIT_MS = 10_000
/** ms within which it has to be closed: a second, and some for a busy machine. */
const MAX_CLOSE_MS = 1500

const CONTRACT: Contract = {
  async 'one of 20 that race leads' (open) {
    const all = await Promise.all(Array.from({ length: 20 }, () => open()))
    const terms = await Promise.all(all.map((backplane) => backplane.lead(LEASE_MS)))
    const leading = terms.filter((term) => term !== null)
    strictEqual(leading.length, 1)
    ok(leading.every((term) => Number.isSafeInteger(term) && term > 0), 'a term is a positive integer')
  },

  async 'whoever renews the lease keeps the term, and nobody else gets it' (open) {
    const [one, other] = [await open(), await open()]
    const term = await leads(one)
    for (let renewals = 0; renewals < 3; renewals++) {
      strictEqual(await one.lead(LEASE_MS), term)
      strictEqual(await other.lead(LEASE_MS), null)
    }
  },

  async 'another leads as soon as the leader leaves, with a higher term' (open) {
    const [one, other] = [await open(), await open()]
    const heard = await listenTo(other)
    const term = await leads(one)
    await one.leave()
    strictEqual(await heard.next(), LEAVE_HINT, 'the others are told, so that they try at once')
    ok(await leads(other) > term)
    strictEqual(await one.lead(LEASE_MS), null)
  },

  async 'another leads when the lease was not renewed, with a higher term' (open) {
    const [one, other] = [await open(), await open()]
    const term = await leads(one, 200)
    const next = await eventually('another leads', () => other.lead(LEASE_MS))
    ok(next > term)
    strictEqual(await one.lead(LEASE_MS), null)
  },

  async 'an instance that does not lead has no lease to leave' (open) {
    const [one, other] = [await open(), await open()]
    const term = await leads(one)
    await other.leave()
    strictEqual(await other.lead(LEASE_MS), null)
    strictEqual(await one.lead(LEASE_MS), term)
  },

  async 'nothing is stored until something is written' (open) {
    const [one, other] = [await open(), await open()]
    strictEqual(await one.read(), null)
    await leads(one)
    strictEqual(await other.read(), null)
    strictEqual(await other.read(['main']), null)
  },

  async 'what one instance wrote is read by the others' (open) {
    const [one, other] = [await open(), await open()]
    const term = await leads(one)
    strictEqual(await one.write(term, { head: 'the head', stations: new Map([['main', 'Björk – Jóga 🌋'], ['jazz', '']]) }, 'hint'), true)
    for (const backplane of [one, other]) {
      const state = await backplane.read()
      deepStrictEqual(state, { term, head: 'the head', stations: new Map([['main', 'Björk – Jóga 🌋'], ['jazz', '']]) })
    }
    deepStrictEqual(await other.read(['main', 'unknown']), { term, head: 'the head', stations: new Map([['main', 'Björk – Jóga 🌋']]) })
    deepStrictEqual(await other.read([]), { term, head: 'the head', stations: new Map() })
  },

  async 'a write with an old term is refused and changes nothing' (open) {
    const [one, other] = [await open(), await open()]
    const old = await leads(one)
    await one.write(old, { head: 'first', stations: new Map([['main', 'first']]) }, 'first')
    await one.leave()
    const term = await leads(other)
    const heard = await listenTo(other)
    const refused = { head: 'old', stations: new Map([['main', 'old'], ['old', 'old']]) }
    strictEqual(await one.write(old, refused, 'refused'), false, 'another leads')
    deepStrictEqual(await other.read(), { term: old, head: 'first', stations: new Map([['main', 'first']]) }, 'the term is that of who wrote')
    await other.write(term, { head: 'second', stations: new Map([['jazz', 'second']]) }, 'second')
    strictEqual(await one.write(old, refused, 'refused'), false, 'another has written')
    deepStrictEqual(await other.read(), { term, head: 'second', stations: new Map([['main', 'first'], ['jazz', 'second']]) })
    await other.tell('end')
    await heard.until('end')
    ok(!heard.all.includes('refused'), 'the hint of a refused write is published')
  },

  async 'a write leaves the stations that it does not name, and removes those that are null' (open) {
    const one = await open()
    const term = await leads(one)
    await one.write(term, { head: '1', stations: new Map([['a', 'A'], ['b', 'B'], ['c', 'C']]) }, '')
    await one.write(term, { head: '2', stations: new Map([['b', 'B2'], ['c', null], ['d', null]]) }, '')
    deepStrictEqual(await one.read(), { term, head: '2', stations: new Map([['a', 'A'], ['b', 'B2']]) })
  },

  async 'ids are any text, and differ by each letter' (open) {
    const [one, other] = [await open(), await open()]
    const ids = ['main', 'Main', 'main ', ' main', 'a/b', 'b', 'a:b', 'a.b', 'a%2Fb', 'a\'b', 'a"b', 'a\\b', 'a*', '$a', 'ключ', 'e\u0301', 'é', '📻', 'x'.repeat(100),
      '__proto__', 'constructor', 'toString', 'term', 'head', 's:main', '0', '']
    const stations = new Map(ids.map((id) => [id, `station ${id}`]))
    const term = await leads(one)
    await one.write(term, { head: 'ids', stations }, '')
    deepStrictEqual(sorted(await other.read()), sorted({ term, head: 'ids', stations }))
    for (const id of ids) deepStrictEqual((await other.read([id]))?.stations, new Map([[id, `station ${id}`]]))
  },

  async 'a megabyte comes back whole' (open) {
    const [one, other] = [await open(), await open()]
    const large = 'ä'.repeat(2 ** 19)
    const term = await leads(one)
    await one.write(term, { head: large, stations: new Map([['main', large]]) }, '')
    deepStrictEqual(await other.read(), { term, head: large, stations: new Map([['main', large]]) })
  },

  async 'after a hint, a read shows at least what it is about' (open) {
    const [one, other] = [await open(), await open()]
    const heard = await listenTo(other)
    const term = await leads(one)
    const reading = (async () => {
      for (;;) {
        const written = Number(await heard.next())
        const state = await other.read()
        ok(Number(state?.head) >= written && Number(state?.stations.get('main')) >= written, `read ${state?.head} after the hint ${written}`)
        if (written === 50) return
      }
    })()
    // It may fail before all is written.
    reading.catch(() => {})
    for (let count = 1; count <= 50; count++) {
      await one.write(term, { head: `${count}`, stations: new Map([['main', `${count}`]]) }, `${count}`)
    }
    await reading
  },

  async 'what one instance tells reaches all the others, in order' (open) {
    const all = await Promise.all(Array.from({ length: 3 }, () => open()))
    const [one] = all
    ok(one)
    const [, ...heard] = await Promise.all(all.map(listenTo))
    const texts = ['first', '', 'Björk 📻', 'x'.repeat(4096)]
    for (const text of texts) await one.tell(text)
    for (const each of heard) {
      for (const text of texts) strictEqual(await each.next(), text)
    }
  },

  async 'two names share the storage and see nothing of each other' (open) {
    const [one, other] = [await open('a'), await open('b')]
    const heard = await listenTo(other)
    const [term, otherTerm] = [await leads(one), await leads(other)]
    await one.write(term, { head: 'one', stations: new Map([['main', 'one']]) }, 'of one')
    await one.tell('of one')
    await other.write(otherTerm, { head: 'other', stations: new Map() }, 'of the other')
    await other.tell('end')
    deepStrictEqual(await one.read(), { term, head: 'one', stations: new Map([['main', 'one']]) })
    deepStrictEqual(await other.read(), { term: otherTerm, head: 'other', stations: new Map() })
    await heard.until('end')
    ok(!heard.all.includes('of one'))
  },

  async 'it can be closed twice, and before anything else; nothing is called afterwards' (open) {
    const [one, other, unused] = [await open(), await open(), await open()]
    await closes(unused)
    await closes(unused)
    const heard = await listenTo(other)
    await one.tell('before')
    await heard.until('before')
    await closes(other)
    await closes(other)
    const last = heard.all.length
    const third = await open()
    const heardByThird = await listenTo(third)
    await one.tell('after')
    await heardByThird.until('after')
    strictEqual(heard.all.length, last)
  }
}

function afterWipe (wipe: () => Promise<void>): Contract {
  return {
    async 'a term is higher than those before the storage was emptied, and a part does not pass for the whole' (open) {
      const [one, other] = [await open(), await open()]
      const old = await leads(one)
      await one.write(old, { head: 'old', stations: new Map([['main', 'old'], ['jazz', 'old']]) }, '')
      await wipe()
      strictEqual(await one.write(old, { head: 'part', stations: new Map([['main', 'part']]) }, ''), false)
      strictEqual(await other.read(), null)
      const term = await leads(other)
      ok(term > old)
      strictEqual(await one.write(old, { head: 'old', stations: new Map() }, ''), false)
      strictEqual(await other.read(), null)
      strictEqual(await other.write(term, { head: 'new', stations: new Map() }, ''), true)
      deepStrictEqual(await one.read(), { term, head: 'new', stations: new Map() })
    },

    async 'a leader that renews its lease after the storage was emptied gets a higher term' (open) {
      const one = await open()
      const old = await leads(one)
      await wipe()
      ok(await leads(one) > old)
    }
  }
}

function afterCut (cut: () => Promise<void>): Contract {
  return {
    async 'an instance that was cut off is told that it may have missed hints, and receives the next' (open) {
      const [one, other] = [await open(), await open()]
      const heard = await listenTo(other)
      const lost = heard.lost()
      await cut()
      await within('onLost', lost)
      await eventually('a hint arrives again', async () => {
        await one.tell('again').catch(() => {})
        return heard.all.includes('again') || null
      })
    },

    async 'it closes within a second while it is cut off' (open) {
      const one = await open()
      const heard = await listenTo(one)
      const cutting = cut()
      await closes(one)
      const before = heard.all.length
      await cutting
      strictEqual(heard.all.length, before)
    }
  }
}

/** What an instance hears. */
interface Heard {
  readonly all: string[]
  /** The next hint that was not asked for yet. */
  next (): Promise<string | undefined>
  /** Resolves when this hint comes. */
  until (text: string): Promise<void>
  /** Resolves when hints may have been missed from now on. */
  lost (): Promise<unknown>
}

async function listenTo (backplane: Backplane): Promise<Heard> {
  const all: string[] = []
  const events = new EventEmitter()
  let asked = 0
  await backplane.listen({
    onHint (text) {
      all.push(text)
      events.emit('hint')
    },
    onLost () { events.emit('lost') }
  })
  async function next (): Promise<string | undefined> {
    if (asked === all.length) await within('a hint', once(events, 'hint'))
    return all[asked++]
  }
  return {
    all,
    next,
    async until (text) {
      for (;;) {
        if (await next() === text) return
      }
    },
    lost: () => once(events, 'lost')
  }
}

/** The term of an instance that has to lead now. */
async function leads (backplane: Backplane, ms = LEASE_MS): Promise<number> {
  const term = await backplane.lead(ms)
  ok(term !== null, 'it does not lead although nobody else does')
  return term
}

async function closes (backplane: Backplane): Promise<void> {
  await within('close', backplane.close(), MAX_CLOSE_MS)
}

/** Resolves with what is not null. */
async function eventually<T> (what: string, attempt: () => Promise<T | null>): Promise<T> {
  const end = performance.now() + MAX_WAIT_MS
  for (;;) {
    const result = await attempt()
    if (result !== null) return result
    ok(performance.now() < end, `${what}: not within ${MAX_WAIT_MS} ms`)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}

async function within<T> (what: string, promise: Promise<T>, ms = MAX_WAIT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The same whatever the order of the stations is. */
function sorted (state: { term: number, head: string, stations: ReadonlyMap<string, string> } | null): unknown {
  return state && { ...state, stations: Array.from(state.stations).sort() }
}
