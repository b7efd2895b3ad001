import { test } from 'tap'
import type { Report } from '../../lib/icecast/report.ts'
import { PendingHints } from '../../lib/icecast/pending-hints.ts'

const NONE = {
  artist: null,
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

test('a change is sought until a report shows it', (t) => {
  const { search, look } = searching({ '/a': '1' })
  t.notOk(search.isPending)
  t.same(look({ '/a': '1' }), [])
  search.hint('/a')
  t.ok(search.isPending)
  t.same(look({ '/a': '1' }, 3), ALL.slice(0, 3))
  t.same(look({ '/a': '2' }), [])
  t.notOk(search.isPending)
  t.end()
})

test('and a few times only', (t) => {
  const { search, look } = searching({ '/a': '1' })
  search.hint('/a')
  t.same(look({ '/a': '1' }), ALL)
  search.hint('/a')
  t.same(look({ '/a': '1', '/b': 'another' }), ALL, 'another mount is no answer')
  t.end()
})

test('a source that comes or goes is a change', (t) => {
  const { search, look } = searching({})
  search.hint('/a')
  t.same(look({}, 1), [100])
  t.same(look({ '/a': '1' }), [])
  search.hint('/a')
  t.same(look({ '/a': '1' }, 1), [100])
  t.same(look({}), [])
  t.end()
})

test('reads that come too soon, such as for other mounts, are no looks', (t) => {
  const { search, look, read } = searching({ '/a': '1' })
  search.hint('/a')
  t.same(look({ '/a': '1' }, 1), [100])
  t.same(look({ '/a': '1' }, 1), [200])
  for (let i = 0; i < 15; i++) t.ok(Number(read({ '/a': '1' })) > 0)
  t.same(look({ '/a': '1' }).slice(-2), [400, 600])
  search.hint('/a')
  look({ '/a': '1' }, 1)
  t.equal(read({ '/a': '2' }), null, 'but may find it')
  t.end()
})

test('a second title while the first is sought is sought too', (t) => {
  const { search, look } = searching({ '/a': '1' })
  search.hint('/a')
  look({ '/a': '1' }, 2)
  search.hint('/a')
  t.same(look({ '/a': '2' }, 3), [100, 100, 200], 'found one')
  t.same(look({ '/a': '3' }), [], 'and the other')
  search.hint('/a')
  look({ '/a': '3' }, 4)
  search.hint('/a')
  t.same(look({ '/a': '3' }), [600, 100, ...ALL], 'and whatever the first was, the second has its time')
  t.end()
})

test('a hint at no mount in particular is not answered by the change of one', (t) => {
  const { search, look } = searching({ '/a': '1', '/b': '1' })
  search.hint(null)
  t.same(look({ '/a': '2', '/b': '1' }), ALL)
  for (let i = 0; i < 100; i++) search.hint(`/${i}`)
  t.equal(look({}).length, 2 * ALL.length + 1, 'nor are hints at many mounts')
  search.hint(null)
  look({}, 3)
  search.hint(null)
  t.equal(look({}).length, 2 + 1 + ALL.length, 'and it ends')
  t.end()
})

test('a mount that no report has ever listed is sought at each hint: it may be an encoder that comes at the second try', (t) => {
  for (const wanted of [null, ['/b']]) {
    const { search, look } = searching({ '/a': '1' }, wanted)
    for (let i = 0; i < 2; i++) {
      search.hint('/b')
      t.same(look({ '/a': '1' }), ALL)
      t.notOk(search.isIrrelevant('/b'))
    }
    search.hint('/b')
    t.same(look({ '/a': '1', '/b': '1' }), [])
  }
  t.end()
})

test('mounts that nobody wants are ignored, and not shown', (t) => {
  const { search } = searching({}, ['/a'])
  t.same([search.isIrrelevant('/a'), search.isIrrelevant('/b'), search.isIrrelevant(null)], [false, true, false])
  t.equal(search.snapshot(report({ '/a': '1', '/b': '1' })), search.snapshot(report({ '/a': '1', '/b': '2' })))
  t.not(search.snapshot(report({ '/a': '1' })), search.snapshot(report({ '/a': '2' })))
  t.end()
})
