import { test, type Test } from 'tap'
import { icecast2Missing, startIcecast2 } from '../../helpers/icecast2.ts'
import { connectSource } from '../../helpers/source.ts'
import { always, follow } from './server.ts'

const skip = icecast2Missing()

/** A feed does not keep the process running, but a test must. */
function keepRunning (t: Test): void {
  const timer = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(timer))
}

const basic = ({ username, password }: { username: string, password: string }) =>
  'Basic ' + Buffer.from(`${username}:${password}`).toString('base64')

test('icecast 2.4 hints at a title that was set, and at no mount because a document was read', { skip }, async (t) => {
  keepRunning(t)
  const icecast = await startIcecast2()
  t.teardown(icecast.stop)
  const { log, seen, abort, ended } = follow(new URL('/radio/', icecast.url), { authorization: basic(icecast.auth) })
  t.teardown(() => abort.abort())
  await seen('up')
  await connectSource(icecast, '/a.mp3')
  await connectSource(icecast, '/b.mp3')

  // After these, nothing more comes of the sources having connected.
  await seen('hint /b.mp3')
  for (let n = 0; n < 4; n++) {
    const hints = log.filter((entry) => entry === 'hint /a.mp3').length
    await icecast.setTitle('/a.mp3', `Artist - Title ${n}`)
    await seen('hint /a.mp3', hints + 1)
  }
  const before = log.length
  const known = log.filter((entry) => entry === 'hint /b.mp3').length
  for (let n = 0; n < 10; n++) {
    await icecast.get('/admin/stats')
    await icecast.get('/status-json.xsl')
  }
  await icecast.setTitle('/b.mp3', 'Artist - Title')
  await seen('hint /b.mp3', known + 1)
  t.same(log.slice(before), ['hint /b.mp3'])

  abort.abort()
  await ended
})

test('icecast 2.4 says why it gives no feed', { skip }, async (t) => {
  keepRunning(t)
  const icecast = await startIcecast2({ clients: 5 })
  t.teardown(icecast.stop)
  const url = new URL(icecast.url)
  const authorization = basic(icecast.auth)
  const wrong = follow(url, { authorization: basic({ username: 'admin', password: 'wrong' }) })
  await wrong.seen('down FST_ICECAST_UNAUTHORIZED')
  wrong.abort.abort()
  await wrong.ended

  // One after the other: several at the limit choke the whole server.
  const readers = []
  let reader
  do {
    reader = follow(url, { authorization, waits: { lost: always(500), refused: always(500) } })
    readers.push(reader)
    await Promise.race([reader.seen('up'), reader.seen('down FST_ICECAST_AT_LIMIT')])
  } while (reader.log.includes('up') && readers.length < 10)
  t.match(reader.errors.at(-1)?.message, /client.* limit/)
  for (const { abort } of readers) abort.abort()
  await Promise.all(readers.map(({ ended }) => ended))
})

test('a restart of icecast 2.4 is an outage of the feed, and its end is noticed', { skip }, async (t) => {
  keepRunning(t)
  const icecast = await startIcecast2()
  t.teardown(icecast.stop)
  const { log, seen, abort, ended } = follow(new URL(icecast.url), { authorization: basic(icecast.auth) })
  t.teardown(() => abort.abort())
  await seen('up')
  await icecast.restart()
  await seen('up', 2)
  // An icecast2 that crashes while it starts is started again.
  t.match(log.filter((entry) => !entry.startsWith('hint')).join(), /^up(,down FST_ICECAST_UNREACHABLE,up)+$/)
  abort.abort()
  await ended
})
