import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { LEAVE_HINT } from '../backplane/backplane.ts'
import { closes, eventually, leads, LEASE_MS, listenTo, type Contract } from './backplane-steps.ts'

/** What every backplane has to do. */
export const CONTRACT: Contract = {
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

/** The same whatever the order of the stations is. */
function sorted (state: { term: number, head: string, stations: ReadonlyMap<string, string> } | null): unknown {
  return state && { ...state, stations: Array.from(state.stations).sort() }
}
