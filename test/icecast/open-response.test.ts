import { test } from 'tap'
import { FST_ICECAST_TIMEOUT, FST_ICECAST_UNAUTHORIZED, FST_ICECAST_UNREACHABLE } from '../../lib/errors.ts'
import { isConnectionLoss, isIcecastError } from '../../lib/icecast/open-response.ts'

test('what a callback has thrown is not an error of the feed', (t) => {
  t.ok(isIcecastError(new FST_ICECAST_TIMEOUT(5)))
  for (const error of [new Error('mine'), Object.assign(new Error('mine'), { code: 5 }), Object.assign(new Error('mine'), { code: 'MINE' }), 'mine']) {
    t.notOk(isIcecastError(error))
  }
  t.end()
})

test('an unreachable or hung server is a lost connection, and a rejected account is a refusal', (t) => {
  t.ok(isConnectionLoss(new FST_ICECAST_TIMEOUT(5)))
  t.ok(isConnectionLoss(new FST_ICECAST_UNREACHABLE('ECONNREFUSED')))
  t.notOk(isConnectionLoss(new FST_ICECAST_UNAUTHORIZED(401, '/')))
  t.end()
})
