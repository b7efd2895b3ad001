import { test } from 'tap'
import { Playout } from '../../lib/state/playout.ts'

test('what cannot be used or passed on is not shown', async (t) => {
  const asked: string[] = []
  const playout = new Playout({
    updater: { handle: () => {} },
    readText: (text) => text,
    ask: async (text) => {
      asked.push(text)
      return 'nonsense'
    }
  })
  t.match(await playout.tell('main', {}), { shown: false, reason: 'empty' })
  t.strictSame(asked, [])
  t.match(await playout.tell('main', { title: 'One' }), { shown: false, reason: 'no-leader' })
  t.match(asked, [/^\["main",/])
  t.equal(playout.answer('["main",{}]'), 'empty')
  t.equal(playout.answer('["main",{"title":"One"}]'), 'no-leader', 'this instance does not read any more')
  t.throws(() => playout.answer('1'), { code: 'FST_ICECAST_INVALID_DETAILS' })
})
