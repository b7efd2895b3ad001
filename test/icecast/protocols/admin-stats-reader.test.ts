import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { AdminStatsReader } from '../../../lib/icecast/protocols/admin-stats-reader.ts'
import { isIcecastKh } from '../../../lib/icecast/protocols/server-kind.ts'
import { StatusJson } from '../../../lib/icecast/protocols/status-json.ts'
import { openConnection } from '../../../lib/icecast/request.ts'
import { fakeIcecast, type FakeIcecastOptions } from '../../../lib/testing/index.ts'

const AUTHORIZATION = `Basic ${btoa('admin:hackme')}`
/** A source that sends this makes 2.4's XML ill-formed: it becomes the name of an element. */
const ILL = { audioInfo: '<x>=3' }

/** A fake, and what reads it as its administrator. */
async function administration (t: Test, mounts?: string[], options: Partial<FakeIcecastOptions> = {}) {
  const icecast = await fakeIcecast(options)
  t.teardown(() => icecast.close())
  const account = openConnection({ url: new URL(`${icecast.url}/`), authorization: AUTHORIZATION, maxBytes: 1_000_000 })
  t.teardown(() => account.close())
  const administrator = new AdminStatsReader(account, new StatusJson(account), mounts === undefined ? null : new Set(mounts))
  return {
    icecast,
    read: async () => {
      const { report: { mounts } } = await administrator.read(AbortSignal.timeout(5000))
      return mounts.map(({ path, title, live }) => live ? `${path} ${title}` : `${path} (ghost)`)
    }
  }
}

test('a title that XML cannot represent is read from the public document', async (t) => {
  for (const mounts of [undefined, ['/a']]) {
    const { icecast, read } = await administration(t, mounts)
    icecast.source('/a')
    icecast.source('/b')
    icecast.title('/a', 'Bell \x07 rings')
    icecast.title('/b', 'B')
    t.same(await read(), ['/a Bell \x07 rings', '/b B'])
    const before = icecast.requests.length
    icecast.title('/a', 'No more bells')
    t.same(await read(), ['/a No more bells', '/b B'])
    t.equal(icecast.requests.length - before, 1, 'and not there when there is no need')
  }
})

test('an unreadable title of a mount that is not wanted costs no request', async (t) => {
  const { icecast, read } = await administration(t, ['/a'])
  icecast.source('/a')
  icecast.source('/b')
  icecast.title('/b', '\x07')
  await read()
  t.equal(icecast.requests.length, 1)
})

test('an unreadable title is null without a public document, and other mounts keep theirs', async (t) => {
  const { icecast, read } = await administration(t, ['/a', '/b'])
  icecast.source('/a')
  icecast.source('/b')
  icecast.title('/a', '\x07')
  icecast.title('/b', 'B')
  await icecast.fail(404, { only: ({ path }) => path.startsWith('/status-json') })
  t.same(await read(), ['/a ', '/b B'])
  await icecast.fail('reset', { only: ({ path }) => path.startsWith('/status-json') })
  await t.rejects(read(), { code: 'FST_ICECAST_UNREACHABLE' })
})

test('a named hidden mount has no title if XML cannot represent it', async (t) => {
  const { icecast, read } = await administration(t, ['/a'])
  icecast.source('/a', { hidden: true })
  icecast.title('/a', '\x07')
  t.same(await read(), ['/a '])
})

test('an unreadable title is null on icecast-kh, which has no other document', async (t) => {
  const { icecast, read } = await administration(t, ['/a'], { version: 'kh' })
  icecast.source('/a')
  icecast.title('/a', '\x07')
  t.same(await read(), ['/a '])
  t.equal(icecast.requests.length, 1)
})

for (const version of ['2.4', 'kh'] as const) {
  const list = version === 'kh' ? '/admin/streams' : '/status-json.xsl'

  test(`${version}: one public list that leaves out a live mount does not hide it`, async (t) => {
    const { icecast, read } = await administration(t, undefined, { version })
    icecast.source('/a')
    icecast.source('/b')
    t.same(await read(), ['/a null', '/b null'])
    icecast.source('/c')
    const hidden = ['/a', '/b']
    // As good as a list that was cut.
    await icecast.fail('reset', {
      only ({ path }) {
        if (path === list) for (const mount of hidden.splice(0)) icecast.source(mount, { hidden: true })
        return false
      }
    })
    t.same(await read(), ['/a null', '/b null', '/c null'])
    icecast.source('/a')
    t.same(await read(), ['/a null', '/c null'], 'the second has the last word')
  })
}

test('kh: an empty public list does not hide live mounts', async (t) => {
  const { icecast, read } = await administration(t, undefined, { version: 'kh' })
  icecast.source('/a')
  t.same(await read(), ['/a null'])
  icecast.source('/b')
  await icecast.fail('empty', { only: ({ path }) => path === '/admin/streams' })
  t.same(await read(), ['/a null'])
  await icecast.recover()
  t.same(await read(), ['/a null', '/b null'])
})

test('XML that is not well-formed gives an error', async (t) => {
  const { icecast, read } = await administration(t)
  icecast.source('/a', ILL)
  await t.rejects(read(), { code: 'FST_ICECAST_BAD_DOCUMENT', message: /well-formed/ })
})

test('an icecast-kh with a `<server-id>` of its own is recognised by its dates', async (t) => {
  const xml = readFileSync(new URL('../../fixtures/kh/aac.admin-stats.http', import.meta.url), 'latin1')
  const asked: string[] = []
  const server = createServer(({ url = '' }, response) => {
    asked.push(url)
    response.end(url === '/admin/streams' ? '' : xml.slice(xml.indexOf('<?xml')).replace(/Icecast 2\.4\.0-kh\d+/, 'Radio'))
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const account = openConnection({ url: new URL(`http://127.0.0.1:${port}/`), authorization: AUTHORIZATION, maxBytes: 1_000_000 })
  t.teardown(() => account.close())
  const { report } = await new AdminStatsReader(account, new StatusJson(account), null).read(AbortSignal.timeout(5000))
  t.equal(report.serverId, 'Radio')
  t.ok(isIcecastKh(report))
  t.same(asked, ['/admin/stats', '/admin/streams'])
})

test('isIcecastKh recognises icecast-kh by its version or its dates', (t) => {
  for (const [serverId, serverStart, is] of [
    ['Icecast 2.4.0-kh22', null, true],
    ['Icecast 2.4.0-kh', null, true],
    ['Radio', '22/Nov/2026:05:48:24 +0000', true],
    ['Icecast 2.4.4', 'Sun, 22 Nov 2026 05:03:19 +0000', false],
    ['Icecast 2.5.0', '2026-11-22T05:03:19+0000', false],
    [null, null, false]
  ] as const) t.equal(isIcecastKh({ serverId, serverStart }), is, `${serverId} ${serverStart}`)
  t.end()
})

for (const kind of ['2.4', 'kh'] as const) {
  test(`${kind}: a mount that a reload of the configuration hides is gone within 5 s and one read`, async (t) => {
    const sources = new Map([['/a', 'A'], ['/b', 'B']])
    const listed = new Set(sources.keys())
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      const entries = [...sources].map(([mount, title]) => `<source mount="${mount}"><title>${title}</title><stream_start>1</stream_start></source>`)
      if (url === '/admin/stats') {
        const id = kind === 'kh' ? 'Icecast 2.4.0-kh22' : 'Icecast 2.4.4'
        response.end(`<?xml version="1.0"?><icestats><server_id>${id}</server_id>${kind === 'kh' ? '' : '<server_start_iso8601>1</server_start_iso8601>'}${entries.join('')}</icestats>`)
      } else if (url === '/admin/streams') {
        response.end([...listed].map((mount) => `/admin/streams?mount=${mount}\r\n`).join(''))
      } else {
        response.end(JSON.stringify({ icestats: { server_id: 'x', source: [...listed].map((mount) => ({ listenurl: `http://localhost:8000${mount}`, stream_start: '1' })) } }))
      }
    }).listen(0, '127.0.0.1')
    t.teardown(() => { server.close() })
    await once(server, 'listening')
    const account = openConnection({ url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), authorization: AUTHORIZATION, maxBytes: 1_000_000 })
    t.teardown(() => account.close())
    const reader = new AdminStatsReader(account, new StatusJson(account), null)
    const { now } = performance
    t.teardown(() => { performance.now = now })
    let ms = 0
    performance.now = () => now.call(performance) + ms
    const read = async (after: number) => {
      ms += after
      const { report } = await reader.read(AbortSignal.timeout(5000))
      return report.mounts.map(({ path, title }) => `${path} ${title}`)
    }
    t.same(await read(0), ['/a A', '/b B'])
    listed.delete('/b')
    asked.splice(0)
    for (let i = 0; i < 4; i++) t.same(await read(1_000), ['/a A', '/b B'], 'nothing suggests a change')
    t.same(asked, Array(4).fill('/admin/stats'))
    t.same(await read(1_100), ['/a A', '/b B'], 'one list may be cut')
    t.ok(reader.hasUnconfirmed)
    t.same(await read(0), ['/a A'], 'and two are not')
    t.notOk(reader.hasUnconfirmed)

    sources.set('/a', 'C')
    listed.clear()
    await read(1_100)
    t.ok(reader.hasUnconfirmed, 'a new title is a reason to look')
    t.same(await read(0), [])
    listed.add('/a')
    t.same(await read(5_100), ['/a C'], 'a mount that is public again is shown')
  })
}
