import { test } from 'tap'
import { FST_ICECAST_TIMEOUT } from '../../../lib/errors.ts'
import { isFeedError, toFeedError } from '../../../lib/icecast/feeds/open-feed.ts'

test('what went wrong on the way is one of our errors', (t) => {
  const ours = new FST_ICECAST_TIMEOUT(5)
  t.equal(toFeedError(ours), ours)
  const unreachable = (error: unknown) => ({ code: 'FST_ICECAST_UNREACHABLE', message: `Icecast can not be reached: ${String(error)}` })
  t.match(toFeedError(Object.assign(new Error('connect ECONNREFUSED ::1:8000'), { code: 'ECONNREFUSED' })),
    unreachable('connect ECONNREFUSED ::1:8000'))
  // Both addresses of a name were refused.
  t.match(toFeedError(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })), unreachable('ECONNREFUSED'))
  t.end()
})

test('what a callback has thrown is not an error of the feed', (t) => {
  t.ok(isFeedError(new FST_ICECAST_TIMEOUT(5)))
  for (const error of [new Error('mine'), Object.assign(new Error('mine'), { code: 5 }), Object.assign(new Error('mine'), { code: 'MINE' }), 'mine']) {
    t.notOk(isFeedError(error))
  }
  t.end()
})
