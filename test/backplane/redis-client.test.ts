import { EventEmitter, once } from 'node:events'
import { test } from 'tap'
import { redisBackplane } from '../../lib/backplane/redis-backplane.ts'
import type { SubscriberEvents } from '../../lib/backplane/redis-client.ts'
import { RedisSubscription } from '../../lib/backplane/redis-subscription.ts'

test('an answer of an unknown shape is no state', async (t) => {
  const client = { status: 'ready', evalsha: async () => 'unknown', eval () {}, duplicate () {}, connect () {}, on () {} }
  t.equal(await redisBackplane({ client }).read(), null)
})

test('a subscriber does not connect again once the backplane is closed, whatever its state is', async (t) => {
  let reconnectDelay = (_attempts: number): number | false => 0
  const subscriber = Object.assign(new EventEmitter(), {
    async connect () {},
    async subscribe () {},
    destroy () { throw new Error('The client is closed') }
  })
  const duplicate = (overrides: { socket: { reconnectStrategy: typeof reconnectDelay } }): object => {
    reconnectDelay = overrides.socket.reconnectStrategy
    return subscriber
  }
  const client = { isOpen: true, evalSha: async () => null, eval () {}, duplicate, connect () {}, on () {}, subscribe () {} }
  const backplane = redisBackplane({ client })
  const listening = backplane.listen({ onHint () {}, onLost () {} })
  t.strictSame([0, 1, 5, 1000].map(reconnectDelay), [25, 50, 800, 1000])
  // Its `destroy` throws.
  await backplane.close()
  t.equal(reconnectDelay(1), false)
  await t.rejects(listening, { code: 'FST_ICECAST_REDIS' })
})

test('a connection that was replaced or closed is not heard any more', async (t) => {
  // The timers of a subscription do not keep the process running.
  const running = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(running))
  const opened: SubscriberEvents[] = []
  const events = new EventEmitter()
  const heard: string[] = []
  let probes = 0
  const subscription = new RedisSubscription({
    open (subscriber) {
      opened.push(subscriber)
      events.emit('open')
      return () => {}
    },
    async publishProbe () { probes++ },
    onMessage (message) { heard.push(message) },
    onLost () { heard.push('lost') }
  })
  await t.rejects(subscription.start(50))
  const [first] = opened
  first?.onSubscribed()
  // The probe does not come back.
  await once(events, 'open')
  const [, second] = opened
  const before = probes
  first?.onSubscribed()
  first?.onMessage('old')
  first?.onError(new Error('old'))
  t.equal(probes, before)
  second?.onMessage('new')
  t.strictSame(heard, ['lost', 'new'])

  // It is closed while it waits for a probe.
  second?.onSubscribed()
  subscription.close()
  second?.onMessage('closed')
  second?.onSubscribed()
  await new Promise((resolve) => { setTimeout(resolve, 1100) })
  t.strictSame(heard, ['lost', 'new'])
  t.equal(opened.length, 2)
})

test('a sentinel client that gave up is connected again, and its errors mean that messages may have been missed', async (t) => {
  // The timers of a subscription do not keep the process running.
  const running = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(running))
  const events = new EventEmitter()
  let receive = (_message: string): void => {}
  let probes = 0
  const subscriber = Object.assign(new EventEmitter(), {
    getSentinelNode () {},
    async connect () {},
    async subscribe (_channel: string, listener: typeof receive) { receive = listener },
    // It was closed already.
    async destroy () { throw new Error('The client is closed') }
  })
  let attempts = 0
  const client = {
    isOpen: false,
    isReady: false,
    getSentinelNode () {},
    async evalSha () {
      probes++
      events.emit('probe')
      return '1'
    },
    eval () {},
    duplicate: () => subscriber,
    async connect () {
      if (++attempts === 1) throw new Error('None of the sentinels are available')
      client.isOpen = client.isReady = true
    },
    on () {},
    subscribe () {}
  }
  const backplane = redisBackplane({ client })
  let lost = 0
  const probed = once(events, 'probe')
  const listening = backplane.listen({ onHint () {}, onLost () { lost++ } })
  await probed
  t.equal(attempts, 2)
  receive('p')
  await listening
  t.equal(lost, 0)
  const again = once(events, 'probe')
  subscriber.emit('error', new Error('Socket closed unexpectedly'))
  await again
  receive('p')
  t.equal(lost, 1)
  t.equal(probes, 2)
  await backplane.close()
})
