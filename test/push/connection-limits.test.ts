import { test } from 'tap'
import { ConnectionLimits } from '../../lib/push/connection-limits.ts'

const from = (ip: string) => ({ ip })

test('a limit is reported once, and again only after the count has clearly fallen below it', async (t) => {
  const limits = new ConnectionLimits({ subscribers: 10, perAddress: null })
  for (let i = 0; i < 10; i++) {
    t.equal(limits.refusal(from('a')), null)
    limits.enter(from('a'))
  }
  t.same(limits.refusal(from('a')), { limit: 'subscribers', isNew: true })
  t.same(limits.refusal(from('b')), { limit: 'subscribers', isNew: false })
  limits.leave('')
  t.equal(limits.refusal(from('a')), null)
  limits.enter(from('a'))
  t.same(limits.refusal(from('a')), { limit: 'subscribers', isNew: false }, 'one subscriber was replaced by another')
  limits.leave('')
  limits.leave('')
  for (let i = 0; i < 2; i++) limits.enter(from('a'))
  t.same(limits.refusal(from('a')), { limit: 'subscribers', isNew: true })
})

test('each address has a limit of its own', async (t) => {
  const limits = new ConnectionLimits({ subscribers: 100, perAddress: 2 })
  const keys = [limits.enter(from('192.0.2.1')), limits.enter(from('192.0.2.1'))]
  t.same(limits.refusal(from('192.0.2.1')), { limit: 'perAddress', isNew: true })
  t.same(limits.refusal(from('192.0.2.1')), { limit: 'perAddress', isNew: false })
  t.equal(limits.refusal(from('192.0.2.2')), null)
  for (const key of keys) limits.leave(key)
  t.equal(limits.refusal(from('192.0.2.1')), null)
})

test('held requests count towards the limit of their address, not towards the subscribers', async (t) => {
  const limits = new ConnectionLimits({ subscribers: 1, perAddress: 1 })
  const key = limits.enterAddress(from('192.0.2.1'))
  t.equal(limits.hasRoomForAddress(from('192.0.2.1')), false)
  t.same(limits.refusal(from('192.0.2.1')), { limit: 'perAddress', isNew: true })
  t.equal(limits.refusal(from('192.0.2.2')), null)
  limits.leaveAddress(key)
  t.equal(limits.refusal(from('192.0.2.1')), null)
})
