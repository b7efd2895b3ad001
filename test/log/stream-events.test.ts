import { test } from 'tap'
import { FST_ICECAST_LISTENER_ACCOUNT, FST_ICECAST_NOT_FOUND } from '../../lib/errors.ts'
import { streamEvents } from '../../lib/log/stream-events.ts'
import { logOf } from '../helpers/log.ts'

test('a stream that cannot be read is logged once, and again when it can; a mount without a source is no outage', async (t) => {
  const { log, lines } = logOf()
  const events = streamEvents(log, 'http://localhost:8000/')
  const refused = Object.assign(new FST_ICECAST_LISTENER_ACCOUNT('/a'), {})
  events.onStreamUp('/a')
  for (let times = 0; times < 2; times++) events.onStreamDown('/a', refused)
  events.onStreamDown('/b', new FST_ICECAST_NOT_FOUND('/b'))
  events.onStreamUp('/b')
  events.onStreamUp('/a')
  t.match(lines, [
    { level: 40, msg: 'Cannot read titles in the stream /a of Icecast http://localhost:8000/ (The stream /a is only for listeners with an account: the plugin has none and never sends `auth` with a stream)' },
    { level: 30, msg: 'Reading titles in the stream /a of Icecast http://localhost:8000/ again' }
  ])
  t.equal(lines.length, 2)
})

test('what is known of the outages of mounts is bounded', async (t) => {
  const { log, lines } = logOf()
  const events = streamEvents(log, 'http://localhost:8000/')
  for (let count = 0; count <= 1000; count++) events.onStreamDown(`/${count}`, new FST_ICECAST_LISTENER_ACCOUNT('/'))
  t.equal(lines.length, 1001)
  events.onStreamUp('/0')
  t.equal(lines.length, 1001, 'it is forgotten')
})

test('which streams are followed, and that a server shows no document, is logged', async (t) => {
  const { log, lines } = logOf()
  const { onFollow, onTooMany, onNoDocument } = streamEvents(log, 'http://localhost:8000/')
  onFollow(['/a', '/b'])
  onTooMany(['/c'])
  onNoDocument(new FST_ICECAST_NOT_FOUND('/status-json.xsl'))
  t.match(lines, [
    { level: 30, mounts: ['/a', '/b'], msg: /^Reading titles of \/a, \/b in the streams of Icecast http:\/\/localhost:8000\/: each takes a listener's slot and its bandwidth/ },
    { level: 40, mounts: ['/c'], msg: /^Titles of \/c are not read in the streams/ },
    { level: 40, msg: /^Icecast http:\/\/localhost:8000\/ shows no status document \(Icecast has no \/status-json\.xsl \(HTTP 404\): check `url`\); its streams tell what is live/ }
  ])
})
