import Fastify from 'fastify'
import { consecutive, sink } from 'pino-test'
import { test } from 'tap'
import { FST_ICECAST_TIMEOUT } from '../../lib/errors.ts'
import { OutageLog } from '../../lib/log/outage-log.ts'

test('an outage is logged as two lines, and recurring outages at most once a minute', async (t) => {
  const stream = sink()
  const { log } = Fastify({ logger: { stream } })
  const outages = new OutageLog(log, 'http://localhost:8000/', { component: 'server', begins: (reason) => `gone (${reason})`, ends: 'back' })
  const server = 'http://localhost:8000/'

  outages.recover(0)
  for (let outage = 1; outage <= 2; outage++) {
    for (let i = 0; i < 100; i++) outages.fail(new FST_ICECAST_TIMEOUT(5000), outage * 60_000, outage * 60_000)
    for (let i = 0; i < 100; i++) outages.recover(outage * 60_000 + 9000)
    // It goes on failing every other second.
    for (let i = 10; i < 60; i += 2) {
      outages.fail(new FST_ICECAST_TIMEOUT(5000), outage * 60_000 + i * 1000, outage * 60_000 + i * 1000)
      outages.recover(outage * 60_000 + i * 1000 + 1000)
    }
  }
  log.info('the end')

  const lines: unknown[] = []
  await consecutive(stream, Array(5).fill((line: unknown) => { lines.push(line) }))
  const begins = { level: 40, server, msg: 'gone (Icecast did not answer within 5000 ms)', err: { code: 'FST_ICECAST_TIMEOUT', message: 'Icecast did not answer within 5000 ms' } }
  t.notMatch(JSON.stringify(lines), /at Test|statusCode/, 'without a stack')
  t.match(lines, [
    begins, { level: 30, server, seconds: 9, msg: 'back' },
    begins, { level: 30, server, seconds: 9, msg: 'back' },
    { msg: 'the end' }
  ])
})
