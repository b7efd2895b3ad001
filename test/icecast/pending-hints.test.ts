import fc from 'fast-check'
import { test } from 'tap'
import type { Report } from '../../lib/icecast/report.ts'
import { PendingHints } from '../../lib/icecast/pending-hints.ts'

const NONE = {
  liveSince: null,
  titleSince: null,
  codec: null,
  artist: null,
  tags: null,
  name: null,
  description: null,
  genre: null,
  url: null,
  listenUrl: null,
  contentType: null,
  bitrate: null,
  listeners: null,
  listenerPeak: null
}

/** `{ '/a': 'title' }`: what is live, and plays that. */
function report (titles: Record<string, string>): Report {
  const mounts = Object.entries(titles).map(([path, title]) => ({ path, live: true, streamStart: 'then', title, ...NONE }))
  return { serverId: null, serverStart: null, mounts }
}

/** A search that has seen `titles`, and what it finds when each look is made as soon as it is due. */
function searching (titles: Record<string, string>, wanted: string[] | null = null) {
  const search = new PendingHints(wanted && new Set(wanted))
  search.report(report(titles), 0)
  let at = 10
  return {
    search,
    /** A hint now; returns whether it needs a read. */
    hint: (mount: string | null, title?: string | null, artist?: string | null) =>
      search.hint(mount, { ...title !== undefined && { title }, ...artist !== undefined && { artist } }, at),
    pass (ms: number) { at += ms },
    /** The waits after each look, until `looks` are made or nothing is sought. */
    look (titles: Record<string, string>, looks = Infinity): number[] {
      const waits: number[] = []
      while (waits.length < looks) {
        const wait = search.report(report(titles), at)
        if (wait === null) break
        waits.push(wait)
        at += wait
      }
      return waits
    },
    /** A read that nobody has waited for. */
    read (titles: Record<string, string>): number | null {
      at += 5
      return search.report(report(titles), at)
    }
  }
}

const ALL = [100, 200, 300, 400, 600]

test('a hint causes checks until a report shows the change', (t) => {
  const { hint, search, look } = searching({ '/a': '1' })
  t.notOk(search.isPending)
  t.same(look({ '/a': '1' }), [])
  hint('/a')
  t.ok(search.isPending)
  t.same(look({ '/a': '1' }, 3), ALL.slice(0, 3))
  t.same(look({ '/a': '2' }), [])
  t.notOk(search.isPending)
  t.end()
})

test('a hint whose change never shows causes a limited number of checks', (t) => {
  const { hint, look } = searching({ '/a': '1' })
  hint('/a')
  t.same(look({ '/a': '1' }), ALL)
  hint('/a')
  t.same(look({ '/a': '1', '/b': 'another' }), ALL, 'another mount is no answer')
  t.end()
})

test('a source that connects or disconnects ends the checks', (t) => {
  const { hint, look, pass } = searching({})
  hint('/a')
  t.same(look({}, 1), [100])
  t.same(look({ '/a': '1' }), [])
  pass(2000)
  hint('/a')
  t.same(look({ '/a': '1' }, 1), [100])
  t.same(look({}), [])
  t.end()
})

test('reads that are too early, such as for other mounts, do not count as checks', (t) => {
  const { hint, look, read } = searching({ '/a': '1' })
  hint('/a')
  t.same(look({ '/a': '1' }, 1), [100])
  t.same(look({ '/a': '1' }, 1), [200])
  for (let i = 0; i < 15; i++) t.ok(Number(read({ '/a': '1' })) > 0)
  t.same(look({ '/a': '1' }).slice(-2), [400, 600])
  hint('/a')
  look({ '/a': '1' }, 1)
  t.equal(read({ '/a': '2' }), null, 'but may find it')
  t.end()
})

test('a second hint during the checks for the first causes checks of its own', (t) => {
  const { hint, look, pass } = searching({ '/a': '1' })
  hint('/a')
  look({ '/a': '1' }, 2)
  hint('/a')
  t.same(look({ '/a': '2' }, 3), [100, 100, 200], 'the first is found')
  t.same(look({ '/a': '3' }), [], 'and the second')
  pass(2000)
  hint('/a')
  look({ '/a': '3' }, 4)
  hint('/a')
  t.same(look({ '/a': '3' }), [600, 100, ...ALL], 'and whatever the first was, the second has its time')
  t.end()
})

test('of three hints each may announce a change, and the title of the last ends the checks', (t) => {
  const { hint, look } = searching({ '/a': '1' })
  for (const titles of [[undefined, undefined, undefined], ['2', '3', '4']]) {
    hint('/a', titles[0])
    look({ '/a': '1' }, 1)
    hint('/a', titles[1])
    hint('/a', titles[2])
    t.same(look({ '/a': '2' }, 2), [100, 100])
    t.same(look({ '/a': '3' }, 2), [200, 300], 'the third has not been shown')
    t.same(look({ '/a': '4' }), [])
    look({ '/a': '1' })
  }
  hint('/a')
  look({ '/a': '1' }, 1)
  hint('/a')
  hint('/a')
  t.same(look({ '/a': '4' }), [100, ...ALL], 'a limited number of checks, too')
  t.end()
})

test('a change in the report after the last check counts as announced, and no later one', (t) => {
  const { search, hint, look, read } = searching({ '/a': '1' })
  t.notOk(search.isExpectingChange)
  hint('/a')
  t.ok(search.isExpectingChange)
  look({ '/a': '1' })
  t.same([search.isPending, search.isExpectingChange], [false, true])
  read({ '/a': '1' })
  t.notOk(search.isExpectingChange)
  hint('/a')
  look({ '/a': '2' })
  t.notOk(search.isExpectingChange, 'the change was shown')
  hint(null)
  look({ '/a': '2' })
  t.notOk(search.isExpectingChange, 'nobody knows what has changed, so every change would be announced')
  t.end()
})

test('a change of one mount does not end the checks for a hint about any mount', (t) => {
  const { hint, look } = searching({ '/a': '1', '/b': '1' })
  hint(null)
  t.same(look({ '/a': '2', '/b': '1' }), ALL)
  for (let i = 0; i < 100; i++) hint(`/${i}`)
  t.equal(look({}).length, 2 * ALL.length + 1, 'nor are hints at many mounts')
  hint(null)
  look({}, 3)
  hint(null)
  t.equal(look({}).length, 2 + 1 + ALL.length, 'and it ends')
  t.end()
})

test('each hint about a mount that no report has listed causes checks', (t) => {
  for (const wanted of [null, ['/b']]) {
    const { hint, search, look } = searching({ '/a': '1' }, wanted)
    for (let i = 0; i < 2; i++) {
      hint('/b')
      t.same(look({ '/a': '1' }), ALL)
      t.notOk(search.isIrrelevant('/b'))
    }
    hint('/b')
    t.same(look({ '/a': '1', '/b': '1' }), [])
  }
  t.end()
})

test('mounts that no station uses are ignored', (t) => {
  const { search } = searching({}, ['/a'])
  t.same([search.isIrrelevant('/a'), search.isIrrelevant('/b'), search.isIrrelevant(null)], [false, true, false])
  t.equal(search.snapshot(report({ '/a': '1', '/b': '1' })), search.snapshot(report({ '/a': '1', '/b': '2' })))
  t.not(search.snapshot(report({ '/a': '1' })), search.snapshot(report({ '/a': '2' })))
  t.end()
})

test('2.5 announces a title twice: the second event needs no read when a report shows its title', (t) => {
  const { search, hint, look, pass } = searching({ '/a': '1' })
  t.ok(hint('/a', null))
  t.same(look({ '/a': '2' }), [])
  pass(100)
  t.notOk(hint('/a', '2'))
  t.notOk(search.isPending)
  t.ok(hint('/a', '3'), 'another title does')
  t.end()
})

test('an announced song of another artist with the same title needs a read', (t) => {
  const { hint } = searching({ '/a': 'Hallelujah' })
  t.notOk(hint('/a', 'Hallelujah'), 'the title may be all there is')
  t.notOk(hint('/a', 'Hallelujah', null), 'no artist, as the report says')
  t.ok(hint('/a', 'Hallelujah', 'Jeff Buckley'))
  t.end()
})

test('2.5 announces a title twice: the second event needs no further read when it arrives before the report', (t) => {
  const { search, hint, look } = searching({ '/a': '1' })
  hint('/a', null)
  hint('/a', '2')
  t.same(look({ '/a': '2' }), [])
  t.notOk(search.isPending)
  t.end()
})

test('2.5 announces a title twice: a second event without a title causes two reads, and after 1.5 s a full search', (t) => {
  const { hint, look, pass } = searching({ '/a': '1', '/b': '1' })
  for (const title of ['2', '3']) {
    hint('/a', title)
    look({ '/a': title, '/b': '1' })
    pass(100)
    hint('/a', null)
    t.same(look({ '/a': title, '/b': '1' }), [500])
    pass(2000)
  }
  hint('/b')
  look({ '/a': '3', '/b': '2' })
  pass(1600)
  hint('/a', null)
  t.same(look({ '/a': '3', '/b': '2' }), ALL)
  t.end()
})

test('2.5 announces a title twice: a second event without a title that arrives before the report causes two more reads', (t) => {
  const { hint, look } = searching({ '/a': '1' })
  hint('/a', '2')
  hint('/a', null)
  t.same(look({ '/a': '2' }), [100, 500])
  t.end()
})

/**
 * A title, `wait` ms after the one before. The documents show it `lag` ms later, and the feed announces it `delays` ms
 * later: 2.4 once, and 2.5 twice, where the documents show it before the second event.
 */
interface Sent { wait: number, lag: number, delays: [first: number, second: number] }

/**
 * What a poller does while these titles are sent, and 10 s longer: when it read, when it saw each title, and whether the
 * last change that it saw was announced, or a hint has arrived since. A read takes `duration` ms; the document is that of
 * its middle.
 */
function simulate (sent: Sent[], version: '2.4' | '2.5', duration: number) {
  const search = new PendingHints(null)
  const shownAt: number[] = []
  const hints: Array<{ at: number, title?: string | null }> = []
  const feedAt = [0, 0]
  let time = 1000
  for (const [i, { wait, lag, delays: [first, second] }] of sent.entries()) {
    time += wait
    shownAt.push(Math.max(shownAt.at(-1) ?? 0, time + (version === '2.4' ? lag : Math.min(lag, second))))
    for (const [k, delay] of (version === '2.4' ? [first] : [first, second]).entries()) {
      feedAt[k] = Math.max(Number(feedAt[k]), time + delay)
      hints.push({ at: Number(feedAt[k]), ...version === '2.5' && { title: k === 0 ? null : `${i}` } })
    }
  }
  hints.sort((one, other) => one.at - other.at)
  const lastHintAt = Number(hints.at(-1)?.at)
  const titleAt = (at: number) => shownAt.filter((shown) => shown <= at).length - 1
  const seenAt: number[] = []
  const reads: number[] = []
  let [snapshot, isPolling, requestedAt, endedAt] = [search.snapshot(report({ '/a': '-1' })), false, Infinity, 0]
  search.report(report({ '/a': '-1' }), 0)
  const hear = (until: number) => {
    for (let hint = hints[0]; hint !== undefined && hint.at <= until; hint = hints[0]) {
      hints.shift()
      isPolling = false
      const announced = hint.title === undefined ? {} : { title: hint.title }
      if (search.hint('/a', announced, hint.at)) requestedAt = Math.min(requestedAt, hint.at)
    }
  }
  for (let now = 0; now < lastHintAt + 10_000; now += 5) {
    hear(now)
    const isDue = now >= Math.min(requestedAt, endedAt + (isPolling ? 100 : 5000))
    if (!isDue || now < endedAt + 50) continue
    requestedAt = Infinity
    const shown = titleAt(now + duration / 2)
    now += duration
    hear(now)
    reads.push(now)
    for (let title = 0; title <= shown; title++) seenAt[title] ??= now
    const one = report({ '/a': `${shown}` })
    if (search.snapshot(one) !== snapshot && !search.isExpectingChange) isPolling = true
    snapshot = search.snapshot(one)
    const delay = search.report(one, now)
    if (delay !== null) requestedAt = Math.min(requestedAt, now + delay)
    endedAt = now
  }
  return { reads: reads.filter((at) => at > lastHintAt).length, isPolling, waited: Number(seenAt[sent.length - 1]) - Number(shownAt.at(-1)) }
}

const sent = fc.array(fc.record({
  wait: fc.integer({ min: 0, max: 900 }),
  lag: fc.integer({ min: 0, max: 500 }),
  delays: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 1000 }))
}), { minLength: 1, maxLength: 5 })

// 2.5 needs up to 1 s to announce a title, and until then a title may be taken for the one before.
for (const [version, longest] of [['2.4', 700], ['2.5', 1700]] as const) {
  test(`${version}: whatever the order of titles, hints and reads, the last title is read soon, and then reads are rare`, (t) => {
    fc.assert(fc.property(sent, fc.integer({ min: 0, max: 200 }), (titles, duration) => {
      const { reads, isPolling, waited } = simulate(titles, version, duration)
      return !isPolling && waited <= longest && reads <= 20
    }), { numRuns: 2000 })
    t.end()
  })
}
