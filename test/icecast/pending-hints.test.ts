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
