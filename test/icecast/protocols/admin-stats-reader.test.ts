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

test('a title that XML can not write is read where everyone reads it', async (t) => {
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

test('an unreadable title of a mount that nobody asked for costs nothing', async (t) => {
  const { icecast, read } = await administration(t, ['/a'])
  icecast.source('/a')
  icecast.source('/b')
  icecast.title('/b', '\x07')
  await read()
  t.equal(icecast.requests.length, 1)
})

test('an unreadable title is none where there is no public document, and harms no other mount', async (t) => {
  const { icecast, read } = await administration(t, ['/a', '/b'])
  icecast.source('/a')
  icecast.source('/b')
  icecast.title('/a', '\x07')
  icecast.title('/b', 'B')
  await icecast.fail(404, { only: ({ path }) => path.startsWith('/status-json') })
  t.same(await read(), ['/a null', '/b B'])
  await icecast.fail('reset', { only: ({ path }) => path.startsWith('/status-json') })
  await t.rejects(read(), { code: 'FST_ICECAST_UNREACHABLE' })
})

test('a hidden mount that is named has no title where XML can not write it', async (t) => {
  const { icecast, read } = await administration(t, ['/a'])
  icecast.source('/a', { hidden: true })
  icecast.title('/a', '\x07')
  t.same(await read(), ['/a null'])
})

test('on kh there is nothing that helps with an unreadable title', async (t) => {
  const { icecast, read } = await administration(t, ['/a'], { version: 'kh' })
  icecast.source('/a')
  icecast.title('/a', '\x07')
  t.same(await read(), ['/a null'])
  t.equal(icecast.requests.length, 1)
})

for (const version of ['2.4', 'kh'] as const) {
  const list = version === 'kh' ? '/admin/streams' : '/status-json.xsl'

  test(`${version}: one list that leaves out what is live hides nothing`, async (t) => {
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

test('kh: an empty list beside live mounts hides nothing', async (t) => {
  const { icecast, read } = await administration(t, undefined, { version: 'kh' })
  icecast.source('/a')
  t.same(await read(), ['/a null'])
  icecast.source('/b')
  await icecast.fail('empty', { only: ({ path }) => path === '/admin/streams' })
  t.same(await read(), ['/a null'])
  await icecast.recover()
  t.same(await read(), ['/a null', '/b null'])
})

test('XML that is ill-formed is said to be', async (t) => {
  const { icecast, read } = await administration(t)
  icecast.source('/a', ILL)
  await t.rejects(read(), { code: 'FST_ICECAST_BAD_DOCUMENT', message: /well-formed/ })
})

test('a kh that calls itself something else is known by its dates', async (t) => {
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

test('who is kh and who is not', (t) => {
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
