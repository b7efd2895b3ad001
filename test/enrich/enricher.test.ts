import { setTimeout as pass } from 'node:timers/promises'
import { mock } from 'node:test'
import { test, type Test } from 'tap'
import { Type } from 'typebox'
import { Enricher } from '../../lib/enrich/enricher.ts'
import { compileFields } from '../../lib/enrich/fields.ts'
import type { Enrich } from '../../lib/options/options.ts'
import type { Track } from '../../lib/schemas.ts'
import type { StartedPlay } from '../../lib/stations/station-registry.ts'
import { logOf, type Line } from '../helpers/log.ts'

const fields = await compileFields(Type.Object({ artwork: Type.String(), station: Type.String() }))

type Hook = (track: Track, context: Parameters<Enrich>[1]) => unknown

interface Scene {
  /** A play of this begins: `Artist - Title`, or a text alone. */
  begins (text: string, station?: string): void
  enricher: Enricher
  /** `station: text` and what was found for it, in the order of coming. */
  found: Array<[play: string, fields: object | null]>
  lines: Line[]
  /** Until nothing more can come without time passing. */
  settles (): Promise<void>
}

function scene (t: Test, enrich: Hook, enrichTimeout = 5000): Scene {
  const { log, lines } = logOf()
  const found: Scene['found'] = []
  // As a backend in JavaScript would give it.
  const options = { enrich: () => null, enrichTimeout, fields, log, onFound: ({ station, track }: StartedPlay, fields: object | null) => { found.push([`${station}: ${track.text}`, fields]) } }
  const enricher = new Enricher(Object.assign(options, { enrich }))
  t.teardown(() => enricher.close())
  let count = 0
  return {
    enricher,
    found,
    lines,
    begins (text, station = 'main') {
      const [artist, title] = text.includes(' - ') ? text.split(' - ') : []
      const at = new Date().toISOString()
      enricher.ask({
        station,
        track: { id: `${++count}`, text, artist: artist ?? null, title: title ?? null, raw: text, kind: 'song', startedAt: at, audibleAt: at, mount: `/${station}` }
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

test('what the hook finds comes for the play that was asked about, at once or later', async (t) => {
  const hooks: Array<[what: string, hook: Hook]> = [
    ['at once', ({ text }) => ({ artwork: text, other: 1 })],
    ['later', async ({ text }) => ({ artwork: text })],
    ['by a promise of its own', ({ text }) => ({ then: (resolve: (found: object) => void) => resolve({ artwork: text }) })]
  ]
  for (const [what, hook] of hooks) {
    const { begins, found, settles, lines } = scene(t, hook)
    begins('A - B')
    t.strictSame(found, [], 'never in the middle of the asking')
    await settles()
    t.strictSame(found, [['main: A - B', { artwork: 'A - B' }]], what)
    t.strictSame(lines, [])
  }
})

test('the hook is given the track, its station and a signal, and can not change them', async (t) => {
  let given: unknown
  const { begins, settles, found } = scene(t, (track, { station, signal }) => {
    given = { track, station, aborted: signal.aborted }
    Object.assign(track, { text: 'mine' })
  })
  begins('A - B')
  await settles()
  t.match(given, { track: { text: 'A - B', artist: 'A', title: 'B', mount: '/main' }, station: 'main', aborted: false })
  t.strictSame(found, [['main: A - B', null]])
})

test('a song is asked about once, by artist and title, else by its text; also when there is nothing', async (t) => {
  const calls: string[] = []
  const { begins, found, settles } = scene(t, ({ text, artist }) => { calls.push(text); return artist === 'X' ? null : { artwork: text } })
  for (const text of ['A - B', 'A - C', 'News', 'A', 'B', 'X - Y']) begins(text)
  await settles()
  for (const text of ['A - B', 'A - C', 'News', 'X - Y']) begins(text)
  await settles()
  t.strictSame(calls, ['A - B', 'A - C', 'News', 'A', 'B', 'X - Y'])
  t.strictSame(found.slice(6), [['main: A - B', { artwork: 'A - B' }], ['main: A - C', { artwork: 'A - C' }], ['main: News', { artwork: 'News' }], ['main: X - Y', null]])
})

test('plays of a song that is being asked about share the answer, over all stations', async (t) => {
  const { hook, calls } = slowHook()
  const { begins, found, settles } = scene(t, hook)
  for (const station of ['main', 'main', 'rock', '__proto__']) begins('A - B', station)
  t.equal(calls.length, 1)
  calls[0]?.answer({ artwork: 'x' })
  await settles()
  t.strictSame(found, ['main', 'main', 'rock', '__proto__'].map((station) => [`${station}: A - B`, { artwork: 'x' }]))
  begins('A - B', 'jazz')
  await settles()
  t.strictSame([calls.length, found.length], [1, 5])
})

test('a hook that looks at the station is asked for each', async (t) => {
  const hooks: Array<[what: string, hook: Hook]> = [
    ['first of all', (track, { station }) => ({ station })],
    ['only later', async (track, context) => {
      await pass(1)
      return { station: context.station }
    }]
  ]
  for (const [what, hook] of hooks) {
    const calls: string[] = []
    const { begins, found, settles } = scene(t, (track, context) => { calls.push(track.mount); return hook(track, context) })
    const answers = async (count: number): Promise<void> => { while (found.length < count) await settles() }
    for (const station of ['main', 'rock', 'main']) begins('A - B', station)
    await answers(3)
    for (const station of ['main', 'rock', 'jazz']) begins('A - B', station)
    await answers(6)
    for (const [play, fields] of found) t.strictSame(fields, { station: play.replace(': A - B', '') }, what)
    t.strictSame(calls, ['/main', '/rock', '/jazz'])
  }
})

function throws (what: unknown): () => never {
  return () => { throw what }
}

test('a hook that fails harms nothing, is told of once, and is asked again about another song', async (t) => {
  const failures: Array<[what: string, fail: () => unknown, says: string]> = [
    ['throws', throws(new Error('no key')), 'no key'],
    ['rejects', async () => throws(new Error('no key'))(), 'no key'],
    ['throws a text', throws('no key'), 'no key'],
    ['throws what is no error', throws(Object.assign(Object.create(null), { code: 5 })), 'code: 5'],
    ['throws nothing', throws(undefined), 'undefined']
  ]
  for (const [what, fail, says] of failures) {
    let isBroken = true
    const { begins, found, settles, lines } = scene(t, () => isBroken ? fail() : { artwork: 'x' })
    for (const text of ['A', 'B', 'A', 'C']) begins(text)
    await settles()
    t.strictSame(found.map(([, fields]) => fields), [null, null, null, null], what)
    t.match(lines, [{ level: 40, err: { message: new RegExp(says) }, msg: '`enrich` failed; tracks go without what it would add' }])
    t.equal(lines.length, 1)
    isBroken = false
    begins('A')
    begins('D')
    await settles()
    t.strictSame(found.slice(4), [['main: A', null], ['main: D', { artwork: 'x' }]], 'a song that failed is left alone for a while')
    t.match(lines.slice(1), [{ level: 30, msg: '`enrich` works again' }])
  }
})

test('fields that are wrong are left out and told of', async (t) => {
  let artwork: unknown = 5
  const { begins, found, settles, lines } = scene(t, () => ({ artwork, station: 'S' }))
  for (const text of ['A', 'B']) {
    begins(text)
    await settles()
  }
  t.strictSame(found, [['main: A', { station: 'S' }], ['main: B', { station: 'S' }]])
  t.match(lines, [{ level: 40, err: { code: 'FST_ICECAST_ENRICH_FIELD', message: '`enrich` returned an invalid `artwork`, which is left out: it must be string' }, msg: '`enrich` gave what `trackFields` does not allow' }])
  artwork = 'x'
  begins('C')
  await settles()
  t.match(lines.slice(1), [{ level: 30, msg: '`enrich` gives what `trackFields` allows again' }])
})

test('a hook that takes too long is told to stop, and nothing waits for it', async (t) => {
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { hook, calls } = slowHook()
  const { begins, found, settles, lines } = scene(t, hook, 1000)
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

test('there are few calls at a time; the rest wait for their turn', async (t) => {
  const { hook, calls, texts } = slowHook()
  const { begins, found, settles } = scene(t, hook)
  for (const text of 'ABCDEF') begins(text)
  t.strictSame(texts(), ['A', 'B', 'C', 'D'])
  calls[1]?.answer(null)
  calls[2]?.fail(new Error('no'))
  await settles()
  t.strictSame(texts(), ['A', 'B', 'C', 'D', 'E', 'F'])
  t.strictSame(found.map(([play]) => play), ['main: B', 'main: C'])
})

test('an encoder that changes its title all the time fills no memory: what waits for longest is given up', async (t) => {
  const { hook, calls, texts } = slowHook()
  const { begins, found, settles } = scene(t, hook)
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

test('after closing nothing comes any more, and who is still at it is told', async (t) => {
  const { hook, calls } = slowHook()
  const { begins, enricher, found, settles, lines } = scene(t, hook)
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
