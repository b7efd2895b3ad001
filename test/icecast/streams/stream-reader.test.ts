import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'tap'
import { createStreamReader } from '../../../lib/icecast/streams/stream-reader.ts'

const cases: [headers: IncomingHttpHeaders, isRead: boolean][] = [
  [{ 'content-type': 'application/ogg' }, true],
  [{ 'content-type': 'audio/ogg; codecs=opus' }, true],
  [{ 'content-type': 'Audio/X-OGG' }, true],
  [{ 'content-type': 'audio/opus' }, true],
  [{ 'content-type': 'audio/flac' }, true],
  [{ 'content-type': 'video/ogg' }, true],
  [{ 'content-type': 'audio/oggle' }, false],
  [{ 'content-type': 'audio/webm' }, true],
  [{ 'content-type': 'video/x-matroska' }, true],
  [{ 'content-type': 'audio/mpeg' }, false],
  [{ 'content-type': 'text/html' }, false],
  [{}, false],
  [{ 'content-type': 'audio/mpeg', 'icy-metaint': '16000' }, true],
  [{ 'icy-metaint': ' 16000' }, true],
  [{ 'icy-metaint': '16000, 16000' }, true],
  [{ 'icy-metaint': ['16000'] }, true],
  [{ 'icy-metaint': '0' }, false],
  [{ 'icy-metaint': '-1' }, false],
  [{ 'icy-metaint': 'x' }, false],
  [{ 'icy-metaint': '99999999' }, false]
]

test('a reader is made for streams in which something can be read', (t) => {
  for (const [headers, isRead] of cases) {
    t.equal(createStreamReader(headers, { onMetadata () {} }) !== null, isRead, JSON.stringify(headers))
  }
  t.end()
})
