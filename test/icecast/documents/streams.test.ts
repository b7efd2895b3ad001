import { test } from 'tap'
import { parseStreams } from '../../../lib/icecast/documents/streams.ts'
import { recording, recordings } from './recordings.ts'

test('every recorded /admin/streams of kh names the mounts that are not hidden', (t) => {
  const expected: Record<string, string[]> = {
    'after-disconnect': [],
    'hidden-only': [],
    'hidden-plus-one': ['/utf8.mp3'],
    nosource: [],
    'odd-fields': ['/my radio.mp3'],
    'one-mp3': ['/utf8.mp3'],
    'one-mp3-listener': ['/utf8.mp3'],
    'one-mp3-notitle': ['/utf8.mp3'],
    three: ['/opus.ogg', '/utf8.mp3', '/vorbis.ogg']
  }
  t.strictSame(recordings('kh', '.streams.http').sort(), Object.keys(expected).sort(), 'every recording has its row')
  for (const [name, paths] of Object.entries(expected)) {
    t.strictSame(parseStreams(recording(`kh/${name}.streams.http`)), paths, name)
  }
  t.end()
})

test('anything else is refused: that a mount is not listed means that it is hidden', (t) => {
  const line = '/admin/streams?mount=/a\r\n'
  const refused: Array<[text: string, reason: string]> = [
    ['/admin/streams?mount=/a', 'its last line has no end'],
    [`${line}/admin/str`, 'its last line has no end'],
    ['<?xml version="1.0"?>\n<icestats/>\n', 'not a mount in line 1'],
    [`${line}\r\n`, 'not a mount in line 2'],
    [`${line}/admin/streams?mount=a\r\n`, 'not a mount in line 2'],
    [`/admin/streams?mount=/${'a'.repeat(4096)}\n`, 'not a mount in line 1'],
    [line.repeat(1001), 'more than 1000 mounts']
  ]
  for (const [text, reason] of refused) {
    t.throws(() => parseStreams(Buffer.from(text)), {
      code: 'FST_ICECAST_BAD_DOCUMENT', message: `Icecast sent a /admin/streams that cannot be read: ${reason}`
    }, reason)
  }
  t.equal(parseStreams(Buffer.from(line.repeat(1000))).length, 1000)
  t.strictSame(parseStreams(Buffer.from('/admin/streams?mount=/caf%E9?x=1&y\n')), ['/caf%E9?x=1&y'])
  t.end()
})
