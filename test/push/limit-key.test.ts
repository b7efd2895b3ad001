import { test } from 'tap'
import { limitKeyOf } from '../../lib/push/limit-key.ts'

test('an IPv4 address counts for itself, an IPv6 address for its /64', async (t) => {
  for (const [address, key] of [
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8::1:2:3:4:5', '2001:db8:0:1'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['::192.0.2.1', '0:0:0:0'],
    ['::ffff:0:192.0.2.1', '0:0:0:0']
  ] as const) t.equal(limitKeyOf(address), key, address)
})

test('the notation of an address does not matter', async (t) => {
  for (const address of ['192.0.2.1', '192.0.2.1:8080', '::ffff:192.0.2.1', '::FFFF:c000:201', '0000:0000:0000:0000:0000:ffff:192.0.2.1', '[::ffff:192.0.2.1]:443']) {
    t.equal(limitKeyOf(address), '192.0.2.1', address)
  }
  for (const address of ['2001:db8::1', '2001:0DB8:0:0:1::9', '2001:0db8:0000:0000:0000:0000:0000:0001', '[2001:db8::1]', '[2001:db8::1]:443', '2001:db8:0000:0000:0000:0000:192.0.2.1%eth0']) {
    t.equal(limitKeyOf(address), '2001:db8:0:0', address)
  }
})

test('a text that is no address counts for itself', async (t) => {
  for (const text of ['', 'unknown', '_gazonk:443', '192.0.2.1:', '192.0.2.256', '2001:db8::1::2', '[]', '[unknown]:1', '%', 'a%b']) t.equal(limitKeyOf(text), text)
})
