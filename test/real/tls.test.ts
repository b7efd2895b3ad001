import { test } from 'tap'
import { FST_ICECAST_TIMEOUT } from '../../lib/errors.ts'
import { StatusReader } from '../../lib/icecast/status-reader.ts'
import { certificate } from '../helpers/certificate.ts'
import { icecast2Missing, startIcecast2 } from '../helpers/icecast2.ts'

test('a real Icecast with a private certificate is read with `ca`, and each wrong address says what is wrong', { skip: icecast2Missing() }, async (t) => {
  const icecast = await startIcecast2({ certificate })
  t.teardown(() => icecast.stop())
  const { username, password } = icecast.auth
  const read = async (url: string, ca?: string) => {
    const reader = new StatusReader({
      url: new URL(url), authorization: `Basic ${btoa(`${username}:${password}`)}`, maxBytes: 100_000, mounts: null, ca, onAccountRejected: () => {}
    })
    t.teardown(() => reader.close())
    const abort = new AbortController()
    const timer = setTimeout(() => abort.abort(new FST_ICECAST_TIMEOUT(2000)), 2000)
    t.teardown(() => clearTimeout(timer))
    return (await reader.read(abort.signal)).serverId
  }
  t.match(await read(`https://127.0.0.1:${icecast.tlsPort}/`, certificate.cert), /^Icecast 2/)
  await t.rejects(read(`https://127.0.0.1:${icecast.tlsPort}/`), { code: 'FST_ICECAST_UNREACHABLE', message: /self-signed certificate: .*`ca`/ })
  await t.rejects(read(`http://127.0.0.1:${icecast.tlsPort}/`), { code: 'FST_ICECAST_UNREACHABLE', message: /use https:\/\// })
  await t.rejects(read(`https://127.0.0.1:${icecast.port}/`, certificate.cert), { code: 'FST_ICECAST_UNREACHABLE', message: /try http:\/\// })
})
