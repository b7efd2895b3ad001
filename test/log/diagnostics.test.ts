import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test, type Test } from 'tap'
import type { ChangeMessage, OutageMessage, ReadMessage } from '../../index.ts'
import { becomes } from '../helpers/becomes.ts'
import { isLive, scenario, until } from '../helpers/station.ts'

/** All messages of a channel, until the test ends. */
function messagesOf<Message> (t: Test, name: string): Message[] {
  const messages: Message[] = []
  const listener = (message: unknown): void => { messages.push(message as Message) }
  subscribe(name, listener)
  t.teardown(() => unsubscribe(name, listener))
  return messages
}

test('diagnostics channels tell of each read, change and outage', async (t) => {
  const reads = messagesOf<ReadMessage>(t, 'fastify-icecast:read')
  const changes = messagesOf<ChangeMessage>(t, 'fastify-icecast:change')
  const outages = messagesOf<OutageMessage>(t, 'fastify-icecast:outage')
  const startedAt = Date.now()
  const { app, icecast } = await scenario(t)
  const server = new URL(icecast.url).host
  icecast.source('/main.mp3')
  await until(app, isLive)
  t.match(reads[0], { server, error: null })
  t.ok(Number(reads[0]?.duration) > 0)
  t.ok(Math.abs(Number(reads[0]?.startTime) - startedAt) < 10_000, 'ms since 1970')
  t.match(changes, [{ station: { id: 'main.mp3', status: 'live' }, previous: undefined, isNewPlay: false, version: app.nowPlaying.version }])

  icecast.fail('not-json')
  await becomes(() => outages.length === 1)
  t.match(outages[0], { component: 'server', server: icecast.url, error: { code: 'FST_ICECAST_BAD_DOCUMENT' }, duration: null })
  t.match(reads.at(-1), { server, error: { code: 'FST_ICECAST_BAD_DOCUMENT' } })
  icecast.recover()
  await becomes(() => outages.length === 2)
  t.match(outages[1], { component: 'server', error: null })
  t.ok(Number(outages[1]?.duration) > 0)
})

test('without a listener a channel has none', async (t) => {
  for (const name of ['read', 'change', 'outage']) t.notOk(channel(`fastify-icecast:${name}`).hasSubscribers)
})
