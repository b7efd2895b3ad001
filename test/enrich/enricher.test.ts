import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { Type } from 'typebox'
import { Enricher } from '../../lib/enrich/enricher.ts'
import { compileFields } from '../../lib/enrich/fields.ts'
import type { EnrichHandler } from '../../lib/enrich/enrich-options.ts'
import type { Track } from '../../lib/schemas.ts'
import type { StartedPlay } from '../../lib/stations/station-registry.ts'
import { logOf, type Line } from '../helpers/log.ts'

const fields = await compileFields(Type.Object({ artwork: Type.String(), station: Type.String() }))

type Hook = (track: Track, context: Parameters<EnrichHandler>[1]) => unknown

interface EnricherScene {
  /** A play of this begins: `Artist - Title`, or a text alone. */
  begins (text: string, station?: string): void
  enricher: Enricher
  /** `station: text` and what was found for it, in the order of coming. */
  found: Array<[play: string, fields: object | null]>
  lines: Line[]
  /** Until nothing more can come without time passing. */
  settles (): Promise<void>
}

function setupEnricher (t: Test, handler: Hook, { timeout = 5000, perStation = false } = {}): EnricherScene {
  const { log, lines } = logOf()
  const found: EnricherScene['found'] = []
  const onResult = ({ station, track }: StartedPlay, fields: object | null): void => { found.push([`${station}: ${track.text}`, fields]) }
  // A backend in JavaScript may pass a handler that returns anything.
  const enricher = new Enricher(Object.assign({ handler: () => null, timeout, perStation, fields, log, onResult }, { handler }))
  t.teardown(() => enricher.close())
  let count = 0
  return {
    enricher,
    found,
    lines,
    begins (text, station = 'main') {
      const [artist, title] = text.includes(' - ') ? text.split(' - ') : []
      const at = new Date().toISOString()
      enricher.request({
        station,
        track: { id: `${++count}`, text, artist: artist ?? null, title: title ?? null, raw: text, kind: 'song', startedAt: at, audibleAt: at, duration: null, endsAt: null, tags: null, mount: `/${station}` }
      })
    },
    settles: () => new Promise((resolve) => { setImmediate(() => setImmediate(resolve)) })
  }
}

/** A hook whose calls are answered by the test. */
function slowHook () {
  const calls: Array<{ text: string, signal: AbortSignal, answer: (found: unknown) => void, fail: (error: unknown) => void }> = []
  const hook: Hook = ({ text }, { signal }) => new Promise((resolve, reject) => { calls.push({ text, signal, answer: resolve, fail: reject }) })
  return { hook, calls, texts: () => calls.map(({ text }) => text) }
}

test('a result is reported for the requested play, whether the handler is synchronous or not', async (t) => {
  const hooks: Array<[what: string, hook: Hook]> = [
    ['at once', ({ text }) => ({ artwork: text, other: 1 })],
    ['later', async ({ text }) => ({ artwork: text })],
    ['by a promise of its own', ({ text }) => ({ then: (resolve: (found: object) => void) => resolve({ artwork: text }) })]
  ]
  for (const [what, hook] of hooks) {
    const { begins, found, settles, lines } = setupEnricher(t, hook)
    begins('A - B')
    t.strictSame(found, [], 'never in the middle of the asking')
    await settles()
    t.strictSame(found, [['main: A - B', { artwork: 'A - B' }]], what)
    t.strictSame(lines, [])
  }
})

test('the handler receives the track, its station and a signal, and cannot change the track', async (t) => {
  let given: unknown
  const { begins, settles, found } = setupEnricher(t, (track, { station, signal }) => {
    given = { track, station, aborted: signal.aborted }
    Object.assign(track, { text: 'mine' })
  })
  begins('A - B')
  await settles()
  t.match(given, { track: { text: 'A - B', artist: 'A', title: 'B', mount: '/main' }, station: 'main', aborted: false })
  t.strictSame(found, [['main: A - B', null]])
})

test('a song is looked up once, by artist and title or else by its text, also when there is nothing to add', async (t) => {
  const calls: string[] = []
  const { begins, found, settles } = setupEnricher(t, ({ text, artist }) => { calls.push(text); return artist === 'X' ? null : { artwork: text } })
  for (const text of ['A - B', 'A - C', 'News', 'A', 'B', 'X - Y']) begins(text)
  await settles()
  for (const text of ['A - B', 'A - C', 'News', 'X - Y']) begins(text)
  await settles()
  t.strictSame(calls, ['A - B', 'A - C', 'News', 'A', 'B', 'X - Y'])
  t.strictSame(found.slice(6), [['main: A - B', { artwork: 'A - B' }], ['main: A - C', { artwork: 'A - C' }], ['main: News', { artwork: 'News' }], ['main: X - Y', null]])
})

test('plays of the same song share one lookup across all stations', async (t) => {
  const { hook, calls } = slowHook()
  const { begins, found, settles } = setupEnricher(t, hook)
  for (const station of ['main', 'main', 'rock', '__proto__']) begins('A - B', station)
  t.equal(calls.length, 1)
  calls[0]?.answer({ artwork: 'x' })
  await settles()
  t.strictSame(found, ['main', 'main', 'rock', '__proto__'].map((station) => [`${station}: A - B`, { artwork: 'x' }]))
  begins('A - B', 'jazz')
  await settles()
  t.strictSame([calls.length, found.length], [1, 5])
})

test('with `perStation` a song is looked up once for each station', async (t) => {
  const calls: string[] = []
  const { begins, found, settles } = setupEnricher(t, (track, { station }) => {
    calls.push(track.mount)
    return { station }
  }, { perStation: true })
  for (const station of ['main', 'rock', 'main']) begins('A - B', station)
  await settles()
  for (const station of ['main', 'rock', 'jazz']) begins('A - B', station)
  await settles()
  t.equal(found.length, 6)
  for (const [play, fields] of found) t.strictSame(fields, { station: play.replace(': A - B', '') })
  t.strictSame(calls, ['/main', '/rock', '/jazz'])
})

function throws (what: unknown): () => never {
  return () => { throw what }
}

test('a handler that fails is logged once, and is called again for the next song', async (t) => {
  const failures: Array<[what: string, fail: () => unknown, says: string]> = [
    ['throws', throws(new Error('no key')), 'no key'],
    ['rejects', async () => throws(new Error('no key'))(), 'no key'],
    ['throws a text', throws('no key'), 'no key'],
    ['throws what is no error', throws(Object.assign(Object.create(null), { code: 5 })), 'code: 5'],
    ['throws nothing', throws(undefined), 'undefined']
  ]
  for (const [what, fail, says] of failures) {
    let isBroken = true
    const { begins, found, settles, lines } = setupEnricher(t, () => isBroken ? fail() : { artwork: 'x' })
    for (const text of ['A', 'B', 'A', 'C']) begins(text)
    await settles()
    t.strictSame(found.map(([, fields]) => fields), [null, null, null, null], what)
    t.match(lines, [{ level: 40, err: { message: new RegExp(says) }, msg: '`enrich.handler` failed; tracks are published without its fields' }])
    t.equal(lines.length, 1)
    isBroken = false
    begins('A')
    begins('D')
    await settles()
    t.strictSame(found.slice(4), [['main: A', null], ['main: D', { artwork: 'x' }]], 'a song that failed is left alone for a while')
    t.match(lines.slice(1), [{ level: 30, msg: '`enrich.handler` succeeds again' }])
  }
})

test('invalid fields are left out and logged', async (t) => {
  let artwork: unknown = 5
  const { begins, found, settles, lines } = setupEnricher(t, () => ({ artwork, station: 'S' }))
  for (const text of ['A', 'B']) {
    begins(text)
    await settles()
  }
  t.strictSame(found, [['main: A', { station: 'S' }], ['main: B', { station: 'S' }]])
  t.match(lines, [{ level: 40, err: { code: 'FST_ICECAST_ENRICH_FIELD', message: '`enrich` returned an invalid `artwork`, which is left out: it must be string' }, msg: '`enrich.handler` returned fields that `enrich.schema` does not allow; they are left out' }])
  artwork = 'x'
  begins('C')
  await settles()
  t.match(lines.slice(1), [{ level: 30, msg: '`enrich.handler` returns valid fields again' }])
})

test('a handler that exceeds its time limit is aborted, and its play is reported without fields', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { hook, calls } = slowHook()
  const { begins, found, settles, lines } = setupEnricher(t, hook, { timeout: 1000 })
  begins('A')
  mock.timers.tick(999)
  await settles()
  t.strictSame([calls[0]?.signal.aborted, found], [false, []])
  mock.timers.tick(1)
  await settles()
  t.match(calls[0]?.signal.reason, { code: 'FST_ICECAST_ENRICH_TIMEOUT', message: '`enrich` did not answer within 1000 ms' })
  t.strictSame(found, [['main: A', null]])
  t.match(lines, [{ err: { code: 'FST_ICECAST_ENRICH_TIMEOUT' } }])
  calls[0]?.answer({ artwork: 'too late' })
  await settles()
  t.equal(found.length, 1)
})

test('at most four handlers run at the same time, and the other songs are queued', async (t) => {
  const { hook, calls, texts } = slowHook()
  const { begins, found, settles } = setupEnricher(t, hook)
  for (const text of 'ABCDEF') begins(text)
  t.strictSame(texts(), ['A', 'B', 'C', 'D'])
  calls[1]?.answer(null)
  calls[2]?.fail(new Error('no'))
  await settles()
  t.strictSame(texts(), ['A', 'B', 'C', 'D', 'E', 'F'])
  t.strictSame(found.map(([play]) => play), ['main: B', 'main: C'])
})

test('an encoder that floods titles does not fill the memory: the oldest queued songs are dropped', async (t) => {
  const { hook, calls, texts } = slowHook()
  const { begins, found, settles } = setupEnricher(t, hook)
  for (let title = 0; title < 110; title++) begins(`${title}`)
  await settles()
  t.strictSame(found, ['4', '5', '6', '7', '8', '9'].map((text) => [`main: ${text}`, null]))
  for (let play = 0; play < 1002; play++) begins('0')
  await settles()
  t.equal(found.length, 6 + 2)
  for (const call of calls.splice(0)) call.answer({ artwork: 'x' })
  await settles()
  t.equal(found.length, 6 + 1002 + 1 + 3)
  t.strictSame(texts(), ['10', '11', '12', '13'], 'and on with the others')
  begins('4')
  await settles()
  t.equal(calls.length, 4)
})

test('after `close` nothing is reported, and running handlers are aborted', async (t) => {
  const { hook, calls } = slowHook()
  const { begins, enricher, found, settles, lines } = setupEnricher(t, hook)
  begins('known')
  calls[0]?.answer({ artwork: 'x' })
  await settles()
  for (const text of 'ABCDE') begins(text)
  begins('known')
  enricher.close()
  enricher.close()
  begins('F')
  t.ok(calls.slice(1).every(({ signal }) => signal.aborted))
  t.match(calls[1]?.signal.reason, { code: 'FST_ICECAST_CLOSED' })
  calls[1]?.answer({ artwork: 'y' })
  calls[2]?.fail(new Error('aborted'))
  await settles()
  t.strictSame([calls.length, found.length, lines], [5, 1, []])
})
