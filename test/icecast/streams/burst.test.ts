import { test, type Test } from 'tap'
import { Burst } from '../../../lib/icecast/streams/burst.ts'
import type { StreamMetadata } from '../../../lib/icecast/streams/stream-reader.ts'

const song = (title: string): StreamMetadata => ({ artist: null, title, tags: null })

/** A burst, and a promise for what is taken first. */
function burst (t: Test, times: Partial<ConstructorParameters<typeof Burst>[0]>) {
  // Its timers do not keep the process running.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  const taken: Array<StreamMetadata | null> = []
  let resolve: (metadata: StreamMetadata | null) => void
  const first = new Promise<StreamMetadata | null>((_resolve) => { resolve = _resolve })
  const one = new Burst({ settle: 20, maxSettle: 10_000, noMetadata: 60_000, ...times }, (metadata) => {
    taken.push(metadata)
    resolve(metadata)
  })
  return { burst: one, taken, first }
}

test('of the metadata that come together at the start only the last one is taken, and then each at once', async (t) => {
  const { burst: one, taken, first } = burst(t, {})
  for (const title of ['A', 'B', 'C']) one.add(song(title))
  t.same(taken, [])
  t.same(await first, song('C'))
  one.add(song('D'))
  one.add(song('E'))
  t.same(taken, ['C', 'D', 'E'].map(song))
})

test('metadata that go on changing are taken after some time', async (t) => {
  const { burst: one, taken, first } = burst(t, { settle: 60_000, maxSettle: 30 })
  let count = 0
  const timer = setInterval(() => one.add(song(String(count++))), 1)
  await first
  clearInterval(timer)
  t.equal(taken.length, 1)
})

test('a connection without metadata says so once', async (t) => {
  const { burst: one, taken, first } = burst(t, { noMetadata: 5 })
  t.equal(await first, null)
  one.add(song('A'))
  t.same(taken, [null, song('A')], 'and what comes later is taken at once')
})

test('nothing is taken of a connection that has ended', async (t) => {
  const { burst: one, taken } = burst(t, { settle: 1 })
  one.add(song('A'))
  one.end()
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.same(taken, [])
})
