import { test } from 'tap'
import { ANY_MOUNT_CHANGED } from '../../../lib/icecast/feeds/feed.ts'
import { khStatsFeed, statsFeed, statsHint } from '../../../lib/icecast/feeds/stats.ts'

const programme = (mount: string) => ({ mount, about: 'metadata' })
const listeners = (mount: string) => ({ mount, about: 'listeners' })

const cases: [line: string, hint: object | undefined][] = [
  ['EVENT /a title Artist - Title', programme('/a')],
  ['EVENT /a title ', programme('/a')],
  ['EVENT /a title title', programme('/a')],
  ['EVENT /a artist A', programme('/a')],
  ['EVENT /a stream_start Sun, 22 Nov 2026 05:17:53 +0000', programme('/a')],
  ['EVENT /a server_name Radio Test', programme('/a')],
  ['EVENT /a null null', programme('/a')],
  ['EVENT /a null ', programme('/a')],
  ['EVENT /a listeners 3', listeners('/a')],
  ['EVENT /a listener_peak 3', listeners('/a')],
  ['NEW audio/mpeg /a', programme('/a')],
  ['NEW audio/ogg; codecs=opus /a', programme('/a')],
  ['DELETE /a', programme('/a')],
  ['DELETE /a artist', programme('/a')],
  ['FLUSH /a', programme('/a')],

  // A mount with spaces, which nothing escapes.
  ['EVENT /my radio title T', programme('/my radio')],
  ['EVENT /my radio listeners 1', listeners('/my radio')],
  ['EVENT /my radio null null', programme('/my radio')],
  ['EVENT /my radio null ', programme('/my radio')],
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
  t.same(khStatsFeed().read('EVENT /my%20radio title T'), programme('/my radio'))
  t.same(khStatsFeed().read('EVENT /50% title T'), programme('/50%'), 'not encoded after all')
  t.same(khStatsFeed().read('what?'), ANY_MOUNT_CHANGED)
  t.equal(khStatsFeed().read('EVENT global clients 1'), undefined)
  t.same(statsFeed().read('EVENT /my%20radio title T'), programme('/my%20radio'))
  t.end()
})
