import { test } from 'tap'
import type { Backplane, BackplaneListener } from '../../lib/backplane/backplane.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { backplaneTests } from '../../lib/testing/index.ts'

/** A backplane that works, but for what is done to it. */
type Change = (backplane: Backplane) => Partial<Backplane>

function broken (change: Change): (name: string) => Backplane {
  return (name) => {
    const works = memory(name)
    return { ...works, ...change(works) }
  }
}

/** One whose methods can be copied. */
function memory (name: string): Backplane {
  const backplane = memoryBackplane({ name }).open()
  return {
    lead: (ms) => backplane.lead(ms),
    leave: () => backplane.leave(),
    write: (term, state, hint) => backplane.write(term, state, hint),
    read: (ids) => backplane.read(ids),
    listen: (listener) => backplane.listen(listener),
    tell: (text) => backplane.tell(text),
    close: () => backplane.close()
  }
}

test('the contract tests fail for backplanes that break the contract', async (t) => {
  const emptied = { async wipe () {}, async cut () {} }
  const all = backplaneTests(() => memoryBackplane(), emptied).map(({ name }) => name)
  const breaks: Array<[what: string, change: Change, fails: RegExp]> = [
    ['lets everybody lead', () => ({ lead: async () => 1 }), /one of 20/],
    ['lets nobody lead', () => ({ lead: async () => null }), /one of 20/],
    ['raises the term with each renewal', ({ lead }) => {
      let renewals = 0
      return { lead: async (ms) => { const term = await lead(ms); return term && term + renewals++ } }
    }, /renews the lease/],
    ['keeps the lease', ({ tell }) => ({ leave: () => tell('leave') }), /another leads as soon/],
    ['writes whatever the term is', ({ write, read }) => ({
      async write (term, state, hint) { return await write(Math.max(term, (await read())?.term ?? 0), state, hint) || await write(Date.now() + 1e6, state, hint) }
    }), /old term is refused/],
    ['forgets the stations that are not named', ({ write, read }) => ({
      async write (term, { head, stations }, hint) {
        const others = Array.from((await read())?.stations.keys() ?? [], (id): [string, null] => [id, null])
        return await write(term, { head, stations: new Map<string, string | null>([...others, ...stations]) }, hint)
      }
    }), /leaves the stations/],
    ['changes ids', ({ write }) => ({
      write: (term, { head, stations }, hint) => write(term, { head, stations: new Map(Array.from(stations, ([id, text]) => [id.trim(), text])) }, hint)
    }), /ids are any text/],
    ['publishes before it writes', ({ write, tell }) => ({
      async write (term, state, hint) {
        await tell(hint)
        await new Promise((resolve) => { setTimeout(resolve, 5) })
        return await write(term, state, '')
      }
    }), /after a hint/],
    ['forgets the name', () => memory('one for all'), /two names/],
    ['calls the listener after it was closed', ({ listen }) => {
      let last: BackplaneListener | null = null
      return { async listen (listener) { last = listener; await listen(listener) }, async close () { last?.onHint('closed') } }
    }, /closed twice/],
    ['does not close', () => ({ close: () => new Promise(() => {}) }), /cut off/],
    ['keeps what was wiped', () => ({}), /emptied/]
  ]
  for (const [what, change, fails] of breaks) {
    const names: string[] = []
    for (const { name, run } of backplaneTests(broken(change), emptied)) {
      if (fails.test(name)) await run().catch(() => names.push(name))
    }
    t.ok(names.length > 0, what)
    t.ok(names.every((name) => all.includes(name)))
  }
})
