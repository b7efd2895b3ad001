import { test } from 'tap'
import { TokenBucket } from '../../lib/icecast/token-bucket.ts'

test('so many at once, then one each so many ms, and never more saved up than that', (t) => {
  const allowance = new TokenBucket(3, 100)
  const takes = (at: number) => {
    const wait = allowance.wait(at)
    allowance.take(at)
    return wait
  }
  t.same([1000, 1000, 1000, 1000].map(takes), [0, 0, 0, 100])
  t.equal(allowance.wait(1040), 60)
  t.same([1100, 1150, 1300].map(takes), [0, 50, 0], 'what was taken too soon is not owed')
  t.same([9000, 9000, 9000, 9000].map(takes), [0, 0, 0, 100])
  t.end()
})
