import { test } from 'tap'
import { ANY_MOUNT_CHANGED } from '../../../lib/icecast/feeds/feed.ts'
import { khStatsFeed, statsFeed, statsHint } from '../../../lib/icecast/feeds/stats.ts'

const metadata = (mount: string) => ({ mount, kind: 'metadata' })
const listeners = (mount: string) => ({ mount, kind: 'listeners' })

const cases: [line: string, hint: object | undefined][] = [
  ['EVENT /a title Artist - Title', metadata('/a')],
  ['EVENT /a title ', metadata('/a')],
  ['EVENT /a title title', metadata('/a')],
  ['EVENT /a artist A', metadata('/a')],
  ['EVENT /a stream_start Sun, 22 Nov 2026 05:17:53 +0000', metadata('/a')],
  ['EVENT /a server_name Radio Test', metadata('/a')],
  ['EVENT /a null null', metadata('/a')],
  ['EVENT /a null ', metadata('/a')],
  ['EVENT /a listeners 3', listeners('/a')],
  ['EVENT /a listener_peak 3', listeners('/a')],
  ['NEW audio/mpeg /a', metadata('/a')],
  ['NEW audio/ogg; codecs=opus /a', metadata('/a')],
  ['DELETE /a', metadata('/a')],
  ['DELETE /a artist', metadata('/a')],
  ['FLUSH /a', metadata('/a')],

  // A mount with spaces, which nothing escapes.
  ['EVENT /my radio title T', metadata('/my radio')],
  ['EVENT /my radio listeners 1', listeners('/my radio')],
  ['EVENT /my radio null null', metadata('/my radio')],
  ['EVENT /my radio null ', metadata('/my radio')],
  ['EVENT /my radio total_bytes_read 5', undefined],

  // Counters: our own reads change some.
  ['EVENT global clients 2', undefined],
  ['EVENT global connections 14', undefined],
  ['EVENT global client_connections 3', undefined],
  ['EVENT global listeners 3', undefined],
  ['EVENT global title null', undefined],
  ['DELETE global x', undefined],
  ['EVENT /a total_bytes_read 36400', undefined],
  ['EVENT /a connections null', undefined],
  ['EVENT /a authenticator null', undefined],
  ['EVENT /a queue_size 24384', undefined],
  ['INFO full list end', undefined],
  ['', undefined],

  // Lost, glued and forged lines.
  ['EVENT', undefined],
  ['EVENT /a', undefined],
  ['EVENT /a title', undefined],
  ['EVENTEVENT global clients 4', ANY_MOUNT_CHANGED],
  ['EVENT EVENT /a title T', ANY_MOUNT_CHANGED],
  ['EVENT EVENT global clients 4', undefined],
  ['rest of a title', ANY_MOUNT_CHANGED],
  ['NEW', ANY_MOUNT_CHANGED],
  ['DELETE', ANY_MOUNT_CHANGED]
]

test('a line of the statistics feed hints at a mount, at all of them, or at nothing', (t) => {
  for (const [line, hint] of cases) t.same(statsHint(line), hint, JSON.stringify(line))
  t.end()
})

test('mounts are decoded where icecast-kh encodes them, and only there', (t) => {
  t.same(khStatsFeed().read('EVENT /my%20radio title T'), metadata('/my radio'))
  t.same(khStatsFeed().read('EVENT /50% title T'), metadata('/50%'), 'not encoded after all')
  t.same(khStatsFeed().read('what?'), ANY_MOUNT_CHANGED)
  t.equal(khStatsFeed().read('EVENT global clients 1'), undefined)
  t.same(statsFeed().read('EVENT /my%20radio title T'), metadata('/my%20radio'))
  t.end()
})

test('2.4: the counter of requests is a hint, without those of listeners, once both counters are known', (t) => {
  const feed = statsFeed()
  const lines = ['EVENT global client_connections 10', 'EVENT global listener_connections 4', 'EVENT global client_connections 12', 'EVENT global clients 3']
  const hints = [undefined, { mount: null, kind: 'requests', requests: 6 }, { mount: null, kind: 'requests', requests: 8 }, undefined]
  t.same(lines.map((line) => feed.read(line)), hints)
  feed.begin()
  t.equal(feed.read('EVENT global client_connections 1'), undefined, 'a new connection starts with all counters')
  t.end()
})
