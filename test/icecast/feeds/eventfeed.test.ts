import { test } from 'tap'
import { eventFeed, eventHint } from '../../../lib/icecast/feeds/eventfeed.ts'
import { ANY_MOUNT_CHANGED, type Feed } from '../../../lib/icecast/feeds/feed.ts'

const cases: [data: string, hint: object | undefined][] = [
  ['{"mount":"/a","type":"vc","vc":{"X_ICY_TITLE":["T"]}}', { mount: '/a', kind: 'metadata', title: 'T' }],
  ['{"mount":"/a","type":"vc","vc":{"TITLE":["T"],"ARTIST":["A","B"]}}', { mount: '/a', kind: 'metadata', title: 'T', artist: 'A' }],
  ['{"mount":"/a","type":"vc","vc":{"TITLE":["T"]}}', { mount: '/a', kind: 'metadata', title: 'T', artist: null }],
  ['{"mount":"/a","type":"vc","vc":{"X_ICY_TITLE":[""],"TITLE":5}}', { mount: '/a', kind: 'metadata' }],
  ['{"mount":"/a","type":"vc","vc":{}}', { mount: '/a', kind: 'metadata' }],
  ['{"mount":"/a","type":"event","crude":{"trigger":"format-metadata-changed"}}', { mount: '/a', kind: 'metadata', title: null }],
  ['{"mount":"/a","type":"event","crude":{"trigger":"source-connect"}}', { mount: '/a', kind: 'metadata' }],
  ['{"mount":"/a","type":"event","crude":{"trigger":"something-new"}}', { mount: '/a', kind: 'metadata' }],
  ['{"mount":"/a","type":"event","crude":{"trigger":{"toString":1}}}', { mount: '/a', kind: 'metadata' }],
  ['{"mount":"/a","type":"event","crude":{"trigger":"source-listeners-is-zero"}}', { mount: '/a', kind: 'listeners' }],
  ['{"mount":"/a","type":"event","crude":{"trigger":"source-flags-changed"}}', { mount: '/a', kind: 'listeners' }],
  ['{"mount":"/a"}', { mount: '/a', kind: 'metadata' }],
  // 2.5 says it when it stops; nothing is to be read any more.
  ['{"type":"event","crude":{"trigger":"icecast-stop"}}', undefined],
  ['{"mount":1}', undefined],
  ['[]', undefined],
  // Cut, as a line that was too long: something happened, and it can't be told where.
  ['{"mount":"/a","type":"vc","vc":{"X_ICY_TI', ANY_MOUNT_CHANGED],
  ['null', ANY_MOUNT_CHANGED],
  ['', ANY_MOUNT_CHANGED],
  ['{"mount":"a.mp3"}', ANY_MOUNT_CHANGED],
  ['['.repeat(60_000), ANY_MOUNT_CHANGED]
]

test('an event hints at its mount, at all of them, or at nothing', (t) => {
  for (const [data, hint] of cases) t.same(eventHint(data), hint, data.slice(0, 100))
  t.end()
})

const vc = '{"mount":"/a","type":"vc"}'

function read (feed: Feed, ...lines: string[]) {
  return lines.map((line) => feed.read(line)).filter((hint) => hint !== undefined).length
}

test('an event counts when its blank line has come', (t) => {
  const feed = eventFeed()
  t.equal(read(feed, 'id: 1', `data: ${vc}`), 0)
  t.equal(read(feed, ''), 1)
  t.equal(read(feed, '', '', 'id: 2', ''), 0, 'blank lines and an event without data')
  t.equal(read(feed, ': comment', 'event: x', 'retry: 5', 'nonsense', `data:${vc}`, ''), 1, 'other fields beside')
  t.equal(read(feed, 'data: {"mount":"/a",', 'data: "type":"vc"}', ''), 1, 'data on two lines')
  t.end()
})

test('endless data is one event that cannot be read', (t) => {
  const feed = eventFeed()
  for (let n = 0; n < 10_000; n++) feed.read('data: ' + 'x'.repeat(1000))
  t.same(feed.read(''), ANY_MOUNT_CHANGED)
  t.end()
})

test('asks to go on after the last event that was whole', (t) => {
  const feed = eventFeed()
  t.same(feed.begin(), { accept: 'text/event-stream' })
  read(feed, 'id: a-1', `data: ${vc}`, '', 'id: a-2', `data: ${vc}`)
  t.same(feed.begin(), { accept: 'text/event-stream', 'last-event-id': 'a-1' })
  t.equal(read(feed, ''), 0, 'the half of an event from before is forgotten')
  t.equal(feed.begin()['last-event-id'], 'a-1')
  for (const id of ['', 'a b', 'x'.repeat(65), 'a\u0000', 'é', 'a: b']) {
    read(feed, `id: ${id}`, `data: ${vc}`, '')
    t.equal(feed.begin()['last-event-id'], undefined, `not an id for a header: ${JSON.stringify(id)}`)
  }
  t.end()
})
