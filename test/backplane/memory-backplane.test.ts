import { setTimeout as delay } from 'node:timers/promises'
import { test, type Test } from 'tap'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'

/** Two handles on one store. */
function pair (): [Backplane, Backplane] {
  const shared = memoryBackplane()
  return [shared.open(), shared.open()]
}

/** All texts that a handle receives. */
async function listen (t: Test, backplane: Backplane): Promise<string[]> {
  const texts: string[] = []
  await backplane.listen({ onHint: (text) => { texts.push(text) }, onLost: () => t.fail('nothing is lost in memory') })
  return texts
}

const nextTurn = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve) })

test('one of two handles leads until its time is over, and the next term is higher', async (t) => {
  const [a, b] = pair()
  const term = await a.lead(1000) ?? NaN
  t.equal(await b.lead(1000), null)
  t.equal(await a.lead(1000), term, 'the leader extends its time')
  await delay(1100)
  t.ok((await b.lead(10_000) ?? NaN) > term)
  t.equal(await a.lead(10_000), null)
})

test('a handle that leaves publishes a hint, and another one leads at once', async (t) => {
  const [a, b] = pair()
  const texts = await listen(t, b)
  const term = await a.lead(10_000) ?? NaN
  await b.leave()
  await nextTurn()
  t.same(texts, [], 'a handle that does not lead leaves nothing')
  await a.leave()
  t.ok((await b.lead(10_000) ?? NaN) > term)
  await nextTurn()
  t.same(texts, ['leave'])
})

test('what one handle writes, the other reads, as a whole or by ids', async (t) => {
  const [a, b] = pair()
  t.equal(await b.read(), null)
  const term = await a.lead(10_000) ?? NaN
  t.equal(await a.write(term, { head: '1', stations: new Map([['a', 'A'], ['b', 'B'], ['c', 'C']]) }, 'hint'), true)
  t.equal(await a.write(term, { head: '2', stations: new Map([['a', 'A2'], ['b', null]]) }, 'hint'), true)
  t.same(await b.read(), { term, head: '2', stations: new Map([['a', 'A2'], ['c', 'C']]) })
  t.same(await b.read(['a', 'b']), { term, head: '2', stations: new Map([['a', 'A2']]) })
  t.same(await b.read([]), { term, head: '2', stations: new Map() })
})

test('what a handle writes with an old term has no effect', async (t) => {
  const [a, b] = pair()
  const old = await a.lead(0) ?? NaN
  const term = await b.lead(10_000) ?? NaN
  t.equal(await a.write(old, { head: 'old', stations: new Map() }, 'old'), false)
  t.equal(await b.read(), null)
  t.equal(await b.write(term, { head: 'new', stations: new Map() }, 'new'), true)
})

test('hints reach all handles, until a handle is closed', async (t) => {
  const [a, b] = pair()
  const texts = [await listen(t, a), await listen(t, b)]
  await a.tell('to all')
  await nextTurn()
  t.same(texts, [['to all'], ['to all']])
  await a.tell('before b closes')
  await b.close()
  await b.close()
  await nextTurn()
  t.same(texts, [['to all', 'before b closes'], ['to all']])
})

test('backplanes share a store by name, and a wrong name is refused', async (t) => {
  const [a, b, other, own] = [memoryBackplane({ name: 'radio' }), memoryBackplane({ name: 'radio' }), memoryBackplane({ name: 'other' }), memoryBackplane()]
  await a.write(1, { head: 'shared', stations: new Map() }, '')
  t.equal((await b.read())?.head, 'shared')
  t.equal(await other.read(), null)
  t.equal(await own.read(), null)
  t.throws(() => memoryBackplane({ name: '' }), { code: 'FST_ICECAST_INVALID_OPTION', message: /option `name` is ""/ })
})
