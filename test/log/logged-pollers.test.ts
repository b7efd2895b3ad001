import Fastify from 'fastify'
import { once, sink } from 'pino-test'
import { test } from 'tap'
import { loggedPollers } from '../../lib/log/logged-pollers.ts'
import { readOptions } from '../../lib/options/read.ts'

test('what a callback of the poller throws is logged as an error with the address of the server', async (t) => {
  const stream = sink()
  const { log } = Fastify({ logger: { stream } })
  const [poller] = loggedPollers(readOptions({ url: 'http://localhost:8000' }), log)
  const logged = once(stream, (line: unknown) => t.match(line, { level: 50, server: 'http://localhost:8000/', err: { message: 'theirs' } }))
  poller?.onCallbackError(new Error('theirs'))
  await logged
})
