import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import { closes, eventually, leads, listenTo, within, type Contract } from './backplane-steps.ts'

/** What holds after the storage was emptied. */
export function afterWipe (wipe: () => Promise<void>): Contract {
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

/** What holds after connections were cut. */
export function afterCut (cut: () => Promise<void>): Contract {
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
