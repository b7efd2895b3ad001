import { test } from 'tap'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'

const from = (ip: string) => ({ ip })

test('a limit is told once, and again only after it was quiet for a while', async (t) => {
  const door = new ConnectionLimits({ subscribers: 10, perAddress: null })
  for (let i = 0; i < 10; i++) {
    t.equal(door.refusal(from('a')), null)
    door.enter(from('a'))
  }
  t.same(door.refusal(from('a')), { limit: 'subscribers', isNew: true })
  t.same(door.refusal(from('b')), { limit: 'subscribers', isNew: false })
  door.leave('')
  t.equal(door.refusal(from('a')), null)
  door.enter(from('a'))
  t.same(door.refusal(from('a')), { limit: 'subscribers', isNew: false }, 'one goes, one comes: the same crowd')
  door.leave('')
  door.leave('')
  for (let i = 0; i < 2; i++) door.enter(from('a'))
  t.same(door.refusal(from('a')), { limit: 'subscribers', isNew: true })
})

test('each address has its own limit', async (t) => {
  const door = new ConnectionLimits({ subscribers: 100, perAddress: 2 })
  const networks = [door.enter(from('192.0.2.1')), door.enter(from('192.0.2.1'))]
  t.same(door.refusal(from('192.0.2.1')), { limit: 'perAddress', isNew: true })
  t.same(door.refusal(from('192.0.2.1')), { limit: 'perAddress', isNew: false })
  t.equal(door.refusal(from('192.0.2.2')), null)
  for (const network of networks) door.leave(network)
  t.equal(door.refusal(from('192.0.2.1')), null)
})
