import { once } from 'node:events'
import { createServer, connect, type AddressInfo, type Socket } from 'node:net'
import { mock } from 'node:test'
import { test } from 'tap'
import { RepeatingTimer } from '../../lib/push/repeating-timer.ts'

test('a timer repeats until it is stopped, and can be started again', async (t) => {
  let runs = 0
  let onRun = () => {}
  const timer = new RepeatingTimer(() => {
    runs++
    onRun()
  }, 1)
  const keepAlive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(keepAlive))
  for (const start of ['once', 'again']) {
    const reached = new Promise<void>((resolve) => { onRun = () => { if (runs % 3 === 0) resolve() } })
    timer.start()
    timer.start()
    await reached
    timer.stop()
    t.equal(runs % 3, 0, start)
  }
})

test('after a blocked event loop, the data that has arrived is handled before the timer runs', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const far = connect(port, '127.0.0.1')
  const [near]: Socket[] = await once(server, 'connection')
  t.teardown(() => {
    far.destroy()
    near?.destroy()
    server.close()
  })
  const order: string[] = []
  near?.on('data', () => { order.push('data') })
  await new Promise<void>((resolve) => {
    const timer = new RepeatingTimer(() => {
      order.push('timer')
      timer.stop()
      resolve()
    }, 20)
    far.write('pong', () => {
      timer.start()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
    })
  })
  t.same(order, ['data', 'timer'])
})

test('a timer that is stopped while a late run is postponed does not run', async (t) => {
  let now = 1000
  mock.timers.enable({ apis: ['setInterval'] })
  const clock = mock.method(performance, 'now', () => now)
  t.teardown(() => {
    mock.timers.reset()
    clock.mock.restore()
  })
  const timer = new RepeatingTimer(() => t.fail('it ran'), 5)
  timer.start()
  now += 50
  mock.timers.tick(5)
  timer.stop()
  await new Promise((resolve) => setImmediate(resolve))
  t.pass()
})
