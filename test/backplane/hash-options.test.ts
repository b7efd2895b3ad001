import { test } from 'tap'
import { hashOptions } from '../../lib/backplane/hash-options.ts'
import { readOptions } from '../../lib/options/read.ts'
import type { CommonOptions, ServerOptions } from '../../lib/options/options.ts'
import { becomes } from '../helpers/becomes.ts'
import { allShow, Cluster } from './helper.ts'

const hash = (options: CommonOptions & Partial<ServerOptions> = {}): string => hashOptions(readOptions({ url: 'http://127.0.0.1:8000', ...options }))

test('options that decide what is published have another hash, and addresses do not', (t) => {
  t.match(hash(), /^[\w-]{16}$/)
  for (const options of [{ hold: 1 }, { delay: 1 }, { history: 1 }, { staleAfter: 1 }, { staleTrackAfter: false as const }, { hide: ['ad' as const] }, { stations: { main: { mounts: ['/main.mp3'] } } }]) t.not(hash(options), hash())
  t.equal(hash({ url: 'http://127.0.0.2:8000', auth: { username: 'a', password: 'b' }, interval: 2000 }), hash())
  t.equal(hash({ hide: ['ad', 'jingle'] }), hash({ hide: ['jingle', 'ad'] }))
  t.end()
})

test('an instance warns once when the leader has other options', async (t) => {
  const cluster = await Cluster.open(t)
  cluster.icecast.title('/main.mp3', 'A - One')
  const leader = await cluster.add()
  await allShow([leader], 'A - One')
  const [same, other] = [await cluster.add(), await cluster.add({ history: 3 })]
  cluster.icecast.title('/main.mp3', 'B - Two')
  const instances = [leader, same, other]
  await allShow(instances, 'B - Two')
  await becomes(() => new Set(instances.map(({ app }) => app.nowPlaying.version)).size === 1)
  t.strictSame(instances.map(({ logs }) => logs.filter(({ msg, level }) => level === 40 && msg.includes('has other options than this one')).length), [0, 0, 1])
})
