import { once, EventEmitter } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import { test } from 'tap'
import { postgresBackplane, SCHEMA } from '../../examples/postgres-backplane.ts'
import fastifyIcecast from '../../index.ts'
import { backplaneTests, fakeIcecast } from '../../lib/testing/index.ts'
import { postgresIsMissing, startPostgres } from '../helpers/postgres.ts'
import { plays, until } from '../helpers/station.ts'
import { startTcpProxy } from '../helpers/tcp-proxy.ts'

test('a backplane on PostgreSQL', { skip: postgresIsMissing }, async (t) => {
  const postgres = await startPostgres()
  t.teardown(() => postgres.close())
  const { connection } = postgres
  await postgres.query(SCHEMA)
  await postgres.query(SCHEMA)

  const hooks = {
    async wipe () { await postgres.query('TRUNCATE now_playing_state CASCADE') },
    async cut () { await postgres.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'radio'") }
  }
  const tests = backplaneTests(async (name) => {
    const backplane = postgresBackplane({ connection: { ...connection, application_name: 'radio' }, name })
    // It connects at the first query: 20 that do so at the same moment can take more than a second on a busy machine.
    await backplane.read()
    return backplane
  }, hooks)
  for (const { name, run } of tests) await t.test(name, run)

  await t.test('while the network is silent each method rejects and it closes; afterwards hints arrive again', async (t) => {
    const proxy = await startTcpProxy(connection.port)
    t.teardown(() => proxy.close())
    const open = () => {
      const backplane = postgresBackplane({ connection: { ...connection, port: proxy.port }, name: 'silent' })
      t.teardown(() => backplane.close())
      return backplane
    }
    const [one, other, unused] = [open(), open(), open()]
    const events = new EventEmitter()
    await one.listen({ onHint: (text) => { events.emit('hint', text) }, onLost: () => { events.emit('lost') } })
    await other.listen({ onHint () {}, onLost () {} })
    await other.tell('before')
    proxy.silence()
    await Promise.all([
      t.rejects(one.lead(1000)),
      t.rejects(unused.listen({ onHint () {}, onLost () {} })),
      other.close()
    ])
    await t.rejects(other.tell('closed'))

    // It finds that the connection for hints does not answer, and the next connection does not answer either.
    const connections = new Set(proxy.connections)
    const { size } = connections
    while (connections.size < size + 2) {
      await delay(10)
      for (const each of proxy.connections) connections.add(each)
    }
    const lost = once(events, 'lost')
    proxy.resume()
    await lost
    const hint = once(events, 'hint')
    await one.tell('again')
    t.same(await hint, ['again'])
  })

  await t.test('two instances publish the same through it, and the second one goes on when the first one closes', async (t) => {
    const icecast = await fakeIcecast()
    t.teardown(() => icecast.close())
    icecast.source('/main.mp3')
    icecast.title('/main.mp3', 'Björk - Jóga')
    const open = async () => {
      const app = Fastify()
      t.teardown(() => app.close())
      await app.register(fastifyIcecast, { url: icecast.url, backplane: postgresBackplane({ connection, name: 'radio' }) })
      await app.ready()
      return app
    }
    const first = await open()
    const second = await open()
    await until(second, plays('Björk - Jóga'))
    t.same([first.nowPlaying.leads, second.nowPlaying.leads], [true, false])
    const answers = await Promise.all([first, second].map((app) => app.inject('/now-playing')))
    t.equal(answers[0]?.headers['etag'], answers[1]?.headers['etag'])
    await first.close()
    icecast.title('/main.mp3', 'Lamb - Górecki')
    await until(second, plays('Lamb - Górecki'))
    t.equal(second.nowPlaying.leads, true)
  })
})
