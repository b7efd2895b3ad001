import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type Test } from 'tap'
import { StatusReader } from '../../lib/icecast/status-reader.ts'
import { fakeIcecast, type FakeIcecast, type FakeIcecastOptions, type Fault, type LoggedRequest, type Version } from '../../lib/testing/index.ts'

const ADMIN = 'admin:hackme'
const LIMITED = 'relay:hackme'
const WRONG = 'admin:wrong'
/** A source that sends this makes 2.4's XML ill-formed: it becomes the name of an element. */
const ILL = { audioInfo: '<x>=3' }

interface Settings {
  icecast?: Partial<FakeIcecastOptions>
  account?: string
  mounts?: string[]
}

interface Setup {
  icecast: FakeIcecast
  server: StatusReader
  /** One read, as `['/main.mp3 A - B', …]`: a mount and its title, and `(ghost)` where it isn't live. */
  read: () => Promise<string[]>
  /** What was asked for since it was last asked, with a `*` where an account was shown. */
  asked: () => string[]
  /** The codes of what `onAccountRejected` was told. */
  refused: string[]
}

/** A fake with a source on `/main.mp3`, and a StatusReader that reads it. */
async function setup (t: Test, { icecast: options = {}, account, mounts }: Settings = {}): Promise<Setup> {
  const icecast = await fakeIcecast(options)
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'A - B')
  const refused: string[] = []
  const server = new StatusReader({
    url: new URL(`${icecast.url}/`),
    authorization: account === undefined ? null : `Basic ${btoa(account)}`,
    maxBytes: 100_000,
    mounts: mounts === undefined ? null : new Set(mounts),
    onAccountRejected: (error) => refused.push(String(Reflect.get(error, 'code')))
  })
  t.teardown(() => server.close())
  let told = 0
  return {
    icecast,
    server,
    refused,
    async read () {
      const { mounts } = await server.read(AbortSignal.timeout(5000))
      return mounts.map(({ path, live, artist, title }) => [path, artist, artist && '-', title, live ? null : '(ghost)'].filter((part) => part !== null).join(' '))
    },
    asked () {
      const requests = icecast.requests.slice(told)
      told += requests.length
      return requests.map(({ path, authorization }) => path + (authorization ? '*' : ''))
    }
  }
}

/** Moves the clock by which time is measured. */
function advanceClock (t: Test, ms: number): void {
  const { now } = performance
  performance.now = () => now.call(performance) + ms
  t.teardown(() => { performance.now = now })
}

const PUBLIC_STATS = '/admin/publicstats.json'
const STATUS_JSON = '/status-json.xsl'
const STATS = '/admin/stats'
const STREAMS = '/admin/streams'

interface Case {
  version: Version
  account?: string
  mounts?: string[]
  /** What the first read asks for, and each after it; a `*` where the account is shown. */
  first: string[]
  then?: string[]
  /** The title is read; else how it fails. */
  fails?: string
  refused?: boolean
  feed?: string | null
}

const cases: Case[] = [
  { version: '2.4', first: [PUBLIC_STATS, STATUS_JSON], then: [STATUS_JSON], feed: 'stats' },
  { version: '2.4', mounts: ['/main.mp3'], first: [PUBLIC_STATS, '/status-json.xsl?mount=%2Fmain.mp3'], then: ['/status-json.xsl?mount=%2Fmain.mp3'] },
  {
    version: '2.4',
    mounts: ['/main.mp3', '/my radio?'],
    // One of them is missing: the other mounts are listed once, in case it is misspelt.
    first: [PUBLIC_STATS, '/status-json.xsl?mount=%2Fmain.mp3', '/status-json.xsl?mount=%2Fmy%20radio%3F', STATUS_JSON],
    then: ['/status-json.xsl?mount=%2Fmain.mp3', '/status-json.xsl?mount=%2Fmy%20radio%3F']
  },
  { version: '2.4', mounts: ['/main.mp3', '/b', '/c'], first: [PUBLIC_STATS, STATUS_JSON], then: [STATUS_JSON] },
  { version: '2.4', account: ADMIN, first: [PUBLIC_STATS, `${STATS}*`, STATUS_JSON], then: [`${STATS}*`], feed: 'stats' },
  { version: '2.4', account: ADMIN, mounts: ['/main.mp3'], first: [PUBLIC_STATS, `${STATS}*`], then: [`${STATS}*`] },
  { version: '2.4', account: WRONG, first: [PUBLIC_STATS, `${STATS}*`, STATUS_JSON], then: [STATUS_JSON], refused: true },
  { version: '2.4', account: LIMITED, first: [PUBLIC_STATS, `${STATS}*`, STATUS_JSON], then: [STATUS_JSON], refused: true },
  { version: '2.5', first: [PUBLIC_STATS], then: [PUBLIC_STATS], feed: 'eventfeed' },
  { version: '2.5', account: ADMIN, first: [PUBLIC_STATS], then: [PUBLIC_STATS] },
  { version: '2.5', account: WRONG, first: [PUBLIC_STATS], then: [PUBLIC_STATS] },
  { version: '2.5', account: LIMITED, first: [PUBLIC_STATS], then: [PUBLIC_STATS] },
  { version: '2.5', account: LIMITED, mounts: ['/main.mp3'], first: [PUBLIC_STATS], then: [PUBLIC_STATS] },
  { version: '2.5', account: LIMITED, mounts: ['/main.mp3', '/b'], first: [PUBLIC_STATS, `${STATS}*`, `${PUBLIC_STATS}*`], then: [PUBLIC_STATS] },
  { version: '2.5', account: WRONG, mounts: ['/main.mp3', '/b'], first: [PUBLIC_STATS, `${STATS}*`, `${PUBLIC_STATS}*`], then: [PUBLIC_STATS] },
  { version: 'kh', first: [PUBLIC_STATS, STATUS_JSON], fails: 'FST_ICECAST_UNAUTHORIZED', feed: null },
  // An administrator gets XML with status 200 whatever is asked for.
  { version: 'kh', account: ADMIN, first: [PUBLIC_STATS, `${PUBLIC_STATS}*`, `${STATS}*`, `${STREAMS}*`], then: [`${STATS}*`], feed: 'stats-kh' },
  { version: 'kh', account: ADMIN, mounts: ['/main.mp3'], first: [PUBLIC_STATS, `${PUBLIC_STATS}*`, `${STATS}*`], then: [`${STATS}*`] },
  { version: 'kh', account: WRONG, first: [PUBLIC_STATS, `${PUBLIC_STATS}*`, `${STATS}*`, STATUS_JSON], fails: 'FST_ICECAST_UNAUTHORIZED', refused: true },
  { version: 'kh', account: LIMITED, first: [PUBLIC_STATS, `${PUBLIC_STATS}*`, `${STATS}*`, STATUS_JSON], fails: 'FST_ICECAST_UNAUTHORIZED', refused: true }
]

for (const { version, account, mounts, first, then = first, fails, refused, feed } of cases) {
  const who = account === undefined ? 'without an account' : `as ${account}`
  test(`${version} ${who}, ${mounts?.join(' and ') ?? 'any mount'}: reads the right documents and sends the account only where it is needed`, async (t) => {
    const { server, read, asked, refused: told } = await setup(t, { icecast: { version }, ...(account && { account }), ...(mounts && { mounts }) })
    const check = async () => {
      if (fails !== undefined) return await t.rejects(read(), { code: fails })
      t.same(await read(), ['/main.mp3 A - B'])
    }
    await check()
    t.same(asked(), first)
    for (let i = 0; i < 2; i++) {
      await check()
      t.same(asked(), then)
    }
    t.same(told, refused === true ? ['FST_ICECAST_UNAUTHORIZED'] : [], 'told once')
    if (feed !== undefined) t.equal(server.feed, feed)
  })
}

for (const { version, account, mounts, shows, first = shows } of [
  { version: '2.4', shows: ['/main.mp3 A - B'] },
  { version: '2.4', account: ADMIN, shows: ['/main.mp3 A - B'] },
  { version: '2.4', account: ADMIN, mounts: ['/main.mp3'], shows: ['/hidden Secret', '/main.mp3 A - B'] },
  { version: '2.4', account: ADMIN, mounts: ['/hidden'], shows: ['/hidden Secret', '/main.mp3 A - B'] },
  { version: '2.4', mounts: ['/hidden'], first: ['/main.mp3 A - B'], shows: [] },
  { version: '2.5', shows: ['/main.mp3 A - B'] },
  { version: '2.5', account: ADMIN, shows: ['/main.mp3 A - B'] },
  { version: '2.5', account: ADMIN, mounts: ['/hidden'], shows: ['/main.mp3 A - B', '/hidden Secret'] },
  { version: '2.5', account: LIMITED, mounts: ['/hidden'], shows: ['/main.mp3 A - B'] },
  { version: 'kh', account: ADMIN, shows: ['/main.mp3 A - B'] },
  { version: 'kh', account: ADMIN, mounts: ['/hidden'], shows: ['/hidden Secret', '/main.mp3 A - B'] }
] satisfies Array<{ version: Version, account?: string, mounts?: string[], first?: string[], shows: string[] }>) {
  test(`${version} as ${account ?? 'nobody'}: a hidden mount ${mounts?.includes('/hidden') ? 'that is named is read' : 'stays hidden'}`, async (t) => {
    const { icecast, read } = await setup(t, { icecast: { version }, ...(account && { account }), ...(mounts && { mounts }) })
    icecast.source('/hidden', { hidden: true })
    icecast.title('/hidden', 'Secret')
    t.same(await read(), first)
    for (let i = 0; i < 5; i++) t.same(await read(), shows)
    icecast.source('/hidden', { hidden: true })
    icecast.title('/hidden', 'Secret')
    t.same(await read(), shows, 'also when it comes back')
  })
}

for (const [version, account] of [['2.4', undefined], ['2.4', ADMIN], ['2.5', undefined], ['kh', ADMIN]] as const) {
  test(`${version} as ${account ?? 'nobody'}: a mount that is only listed for its fallback is not live`, async (t) => {
    const { icecast, read } = await setup(t, { icecast: { version }, ...(account && { account }) })
    icecast.fallback('/ghost', '/main.mp3')
    t.same(await read(), ['/ghost (ghost)', '/main.mp3 A - B'])
  })
}

test('a source that moves between two mounts while both are read is seen on one of them', async (t) => {
  const { icecast, read, asked } = await setup(t, { mounts: ['/live', '/main.mp3'] })
  t.same(await read(), ['/main.mp3 A - B'])
  const [, live = '', main = ''] = asked()
  let isOver = false
  await icecast.fail(404, {
    only ({ path }) {
      if (path !== main || isOver) return false
      isOver = true
      icecast.source('/live')
      icecast.disconnect('/main.mp3')
      return false
    }
  })
  t.same(await read(), ['/live'])
  t.same(asked(), [live, main, live])
  icecast.disconnect('/live')
  t.same(await read(), [], 'when both have gone they have')
  t.same(asked(), [live, main, live])
  t.same(await read(), [])
  t.same(asked(), [live, main], 'nobody is looked for twice who was not there')
})

test('a mount that is not public yet is looked up three times, and again when the public list is due', async (t) => {
  const { icecast, read, asked } = await setup(t, { account: ADMIN })
  icecast.source('/hidden', { hidden: true })
  await read()
  asked()
  for (const looks of [true, true, false, false]) {
    t.same(await read(), ['/main.mp3 A - B'])
    t.same(asked(), looks ? [`${STATS}*`, STATUS_JSON] : [`${STATS}*`])
  }
  advanceClock(t, 61_000)
  await read()
  t.same(asked(), [`${STATS}*`, STATUS_JSON])
  await read()
  t.same(asked(), [`${STATS}*`])
})

test('a new mount is reported by the first read', async (t) => {
  const { icecast, read } = await setup(t, { account: ADMIN })
  await read()
  icecast.source('/new')
  t.same(await read(), ['/main.mp3 A - B', '/new'])
})

test('a rejected account falls back to the public document and is tried again after a minute', async (t) => {
  const { icecast, read, asked, refused } = await setup(t, { account: ADMIN, mounts: ['/main.mp3', '/b', '/c'] })
  await icecast.fail('unauthorized', { only: ({ path }) => path === STATS })
  t.same(await read(), ['/main.mp3 A - B'])
  await read()
  asked()
  advanceClock(t, 61_000)
  await read()
  t.same(asked(), [PUBLIC_STATS, `${STATS}*`, STATUS_JSON])
  t.same(refused, ['FST_ICECAST_UNAUTHORIZED'], 'told once')

  await icecast.recover()
  advanceClock(t, 122_000)
  await read()
  t.same(asked(), [PUBLIC_STATS, `${STATS}*`])
  await read()
  t.same(asked(), [`${STATS}*`], 'as soon as it is accepted, it is used')

  await icecast.fail('unauthorized', { only: ({ path }) => path === STATS })
  t.same(await read(), ['/main.mp3 A - B'], 'and when it is no longer, the public document is read at once')
  t.equal(refused.length, 2, 'told again, since it was accepted between')
})

for (const [name, fault] of [['a page', 'html'], ['not found', 404], ['an error', 500]] as const) {
  test(`a rejected account is reported once, even if Icecast answers with ${name} in between`, async (t) => {
    const { icecast, read, refused } = await setup(t, { account: WRONG })
    await read()
    await icecast.fail(fault)
    await t.rejects(read())
    await icecast.recover()
    t.same(await read(), ['/main.mp3 A - B'])
    t.same(refused, ['FST_ICECAST_UNAUTHORIZED'])
  })
}

test('a 2.5 that is locked for anonymous readers is read with the account', async (t) => {
  for (const account of [ADMIN, LIMITED]) {
    const { icecast, read, asked } = await setup(t, { icecast: { version: '2.5' }, account })
    await icecast.fail('unauthorized', { only: ({ authorization }) => !authorization })
    t.same(await read(), ['/main.mp3 A - B'])
    t.same(asked(), [PUBLIC_STATS, `${PUBLIC_STATS}*`])
    await read()
    t.same(asked(), [`${PUBLIC_STATS}*`])
  }
  const { icecast, read } = await setup(t, { icecast: { version: '2.5' } })
  await icecast.fail('unauthorized')
  await t.rejects(read(), { code: 'FST_ICECAST_UNAUTHORIZED', message: /check `auth`/ })
})

test('a 2.4 behind a proxy that requires the account is read with it', async (t) => {
  for (const mounts of [undefined, ['/main.mp3']]) {
    const { icecast, read, asked } = await setup(t, { account: ADMIN, ...(mounts && { mounts }) })
    icecast.source('/other', { hidden: true })
    await icecast.fail('unauthorized', { only: ({ authorization }) => !authorization })
    t.same(await read(), ['/main.mp3 A - B', ...mounts ? ['/other'] : []])
    await icecast.fail('unauthorized', { only: ({ path, authorization }) => !authorization || path === STATS })
    t.same(await read(), ['/main.mp3 A - B'], 'also when the account is not one of Icecast')
    asked()
    await read()
    t.same(asked(), [mounts ? `${STATUS_JSON}?mount=%2Fmain.mp3*` : `${STATUS_JSON}*`])
  }
})

test('a server that answers 404 for publicstats.json is asked for it again after a minute', async (t) => {
  const { icecast, read, asked } = await setup(t)
  await icecast.fail(404, { only: ({ path }) => path === PUBLIC_STATS })
  for (const first of [true, false, true]) {
    if (first) advanceClock(t, 61_000)
    t.same(await read(), ['/main.mp3 A - B'])
    t.same(asked(), first ? [PUBLIC_STATS, STATUS_JSON] : [STATUS_JSON])
  }
})

test('a 2.5 whose publicstats.json is locked away is read by its status-json.xsl, and its publicstats.json is tried again after a minute', async (t) => {
  const { icecast, read, asked, server } = await setup(t, { icecast: { version: '2.5' } })
  await icecast.fail('unauthorized', { only: ({ path }) => path === PUBLIC_STATS })
  t.same(await read(), ['/main.mp3 A - B'])
  t.same(asked(), [PUBLIC_STATS, STATUS_JSON])
  t.equal(server.feed, 'eventfeed', '2.5 by its number, though the release candidate calls itself 2.4.999')
  await icecast.recover()
  await read()
  t.same(asked(), [STATUS_JSON])
  advanceClock(t, 61_000)
  await read()
  t.same(asked(), [PUBLIC_STATS])
})

for (const fault of [500, 'not-json', 'starting'] as const) {
  test(`a 2.5 that fails once by '${fault}' at first is read by publicstats.json at the next read`, async (t) => {
    for (const account of [undefined, ADMIN]) {
      const { icecast, read, asked } = await setup(t, { icecast: { version: '2.5' }, ...(account && { account }) })
      await icecast.fail(fault, { only: ({ path }) => path === PUBLIC_STATS })
      t.same(await read(), ['/main.mp3 A - B'])
      await icecast.recover()
      asked()
      for (let i = 0; i < 2; i++) {
        t.same(await read(), ['/main.mp3 A - B'])
        t.same(asked(), [PUBLIC_STATS])
      }
    }
  })
}

test('an account of 2.5 that is allowed to see hidden mounts later is tried again after a minute', async (t) => {
  const { icecast, server, read, asked } = await setup(t, { icecast: { version: '2.5' }, account: ADMIN, mounts: ['/main.mp3', '/hidden'] })
  icecast.source('/hidden', { hidden: true })
  await icecast.fail('unauthorized', { only: ({ path }) => path === STATS })
  t.same(await read(), ['/main.mp3 A - B'])
  await icecast.recover()
  asked()
  await read()
  t.same(asked(), [PUBLIC_STATS])
  advanceClock(t, 61_000)
  t.same(await read(), ['/main.mp3 A - B', '/hidden'])
  await icecast.fail('hang', { only: ({ path }) => path === STATS })
  await t.rejects(server.read(AbortSignal.timeout(100)), { name: 'TimeoutError' }, 'without an answer nothing is known')
})

for (const version of ['2.4', '2.5'] as const) {
  test(`${version}: a named mount that was never seen is unknown while the account is rejected`, async (t) => {
    const named = ['/main.mp3', '/hidden', '/b']
    const { icecast, server } = await setup(t, { icecast: { version }, account: WRONG, mounts: named })
    icecast.source('/hidden', { hidden: true })
    const undecided = async () => (await server.read(AbortSignal.timeout(5000))).unknownMounts
    for (let i = 0; i < 3; i++) t.same(await undecided(), ['/hidden', '/b'])
    icecast.source('/b')
    t.same(await undecided(), ['/hidden'])
    icecast.disconnect('/b')
    t.same(await undecided(), ['/hidden'], 'what everyone has seen is not hidden')

    const anonymous = await setup(t, { icecast: { version }, mounts: named })
    t.equal((await anonymous.server.read(AbortSignal.timeout(5000))).unknownMounts, undefined, 'without an account what is hidden is none of ours')
  })
}

test('an account of 2.5 whose role may not see hidden mounts does not count as rejected', async (t) => {
  const { icecast, server, read } = await setup(t, { icecast: { version: '2.5' }, account: LIMITED, mounts: ['/main.mp3', '/b'] })
  await icecast.fail('reset', { only: ({ path, authorization }) => path === PUBLIC_STATS && Boolean(authorization) })
  await t.rejects(read(), { code: 'FST_ICECAST_UNREACHABLE' })
  await icecast.recover()
  advanceClock(t, 61_000)
  for (let i = 0; i < 2; i++) t.equal((await server.read(AbortSignal.timeout(5000))).unknownMounts, undefined)
})

const isStats = ({ path }: LoggedRequest) => path === STATS
const kept: Array<[version: Version, fault: Fault, code: string]> = [
  ['2.4', 'unauthorized', 'UNAUTHORIZED'], ['2.4', 404, 'NOT_FOUND'], ['2.4', 500, 'BAD_STATUS'], ['2.4', 'not-json', 'BAD_DOCUMENT'],
  ['2.5', 'unauthorized', 'UNAUTHORIZED'], ['2.5', 404, 'NOT_FOUND'], ['2.5', 500, 'BAD_STATUS'], ['2.5', 'not-json', 'BAD_DOCUMENT']
]
for (const [version, fault, code] of kept) {
  test(`${version}: a named hidden mount becomes unknown, and public mounts go on, when '/admin/stats' fails by '${fault}'`, async (t) => {
    const { icecast, read, server, refused } = await setup(t, { icecast: { version }, account: ADMIN, mounts: ['/main.mp3', '/hidden', '/off'] })
    icecast.source('/hidden', { hidden: true })
    const live = (await read()).sort()
    t.same(live, ['/hidden', '/main.mp3 A - B'])
    for (const [times, title] of ['C - D', 'E - F'].entries()) {
      await icecast.fail(fault, { only: isStats })
      icecast.title('/main.mp3', title)
      t.same((await read()).sort(), ['/hidden', `/main.mp3 ${title}`], 'it is held for a moment')
      advanceClock(t, 6_000)
      for (let j = 0; j < 2; j++) {
        const { mounts, unknownMounts } = await server.read(AbortSignal.timeout(5000))
        t.match(mounts, [{ path: '/main.mp3', title }], 'the public mount goes on')
        t.same(unknownMounts, ['/hidden', '/off'], 'and only what cannot be seen is unknown')
      }
      t.same(refused, Array(times + 1).fill(`FST_ICECAST_${code}`), 'the rejection is reported once')
      await icecast.recover()
      t.same((await read()).sort(), ['/hidden', `/main.mp3 ${title}`], 'it is there again at once')
    }
    t.equal(server.feed, version === '2.5' ? 'eventfeed' : 'stats')

    await icecast.fail(fault, { only: isStats })
    icecast.restart()
    icecast.source('/main.mp3')
    for (let i = 0; i < 2; i++) {
      const { mounts, unknownMounts: undecided } = await server.read(AbortSignal.timeout(5000))
      t.same(mounts.map(({ path }) => path), ['/main.mp3'], 'after a restart what everyone may see is known')
      t.same(undecided, ['/hidden', '/off'], 'and the rest is not')
    }
    await icecast.recover()
    advanceClock(t, 61_000)
    t.same(await read(), ['/main.mp3'])
    t.equal((await server.read(AbortSignal.timeout(5000))).unknownMounts, undefined, 'until the account is accepted')
  })

  test(`${version}: a public mount goes offline, also while the account fails by '${fault}'`, async (t) => {
    const { icecast, read } = await setup(t, { icecast: { version }, account: ADMIN, mounts: ['/main.mp3', '/b'] })
    icecast.source('/b')
    t.same((await read()).sort(), ['/b', '/main.mp3 A - B'])
    await icecast.fail(fault, { only: isStats })
    t.same((await read()).sort(), ['/b', '/main.mp3 A - B'])
    icecast.disconnect('/b')
    t.same(await read(), ['/main.mp3 A - B'])
  })
}

test('the public document is read while the XML is not well-formed', async (t) => {
  for (const mounts of [undefined, ['/main.mp3', '/b', '/c']]) {
    const { icecast, read, asked } = await setup(t, { account: ADMIN, ...(mounts && { mounts }) })
    icecast.source('/b', ILL)
    icecast.source('/hidden', { hidden: true })
    t.same(await read(), ['/b', '/main.mp3 A - B'])
    icecast.source('/c')
    t.same(await read(), ['/b', '/c', '/main.mp3 A - B'])
    icecast.disconnect('/c')
    t.same(await read(), ['/b', '/main.mp3 A - B'], 'what was shown and is no more has gone')
    icecast.disconnect('/b')
    for (let i = 0; i < 3; i++) await read()
    asked()
    await read()
    t.same(asked(), [`${STATS}*`])
  }
})

test('a named hidden mount does not look offline while the XML is not well-formed', async (t) => {
  const { icecast, read, server } = await setup(t, { account: ADMIN, mounts: ['/hidden', '/main.mp3'] })
  icecast.source('/hidden', { hidden: true })
  await read()
  await icecast.fail('reset')
  await t.rejects(read(), { code: 'FST_ICECAST_UNREACHABLE' })
  await icecast.recover()
  icecast.source('/b', ILL)
  for (let i = 0; i < 3; i++) t.same((await read()).sort(), ['/hidden', '/main.mp3 A - B'])
  advanceClock(t, 6_000)
  t.same((await server.read(AbortSignal.timeout(5000))).unknownMounts, ['/hidden'])
  icecast.disconnect('/b')
  t.same(await read(), ['/hidden', '/main.mp3 A - B'])
})

test('the error names the XML if it is not well-formed and the public document fails too', async (t) => {
  for (const version of ['2.4', 'kh'] as const) {
    const { icecast, read } = await setup(t, { icecast: { version }, account: ADMIN })
    await icecast.fail('not-json', { only: isStats })
    if (version === '2.4') await icecast.fail('not-json', { only: ({ path }) => path !== PUBLIC_STATS })
    await t.rejects(read(), { code: 'FST_ICECAST_BAD_DOCUMENT', message: /admin\/stats/ })
  }
  const { icecast, read } = await setup(t, { account: ADMIN })
  icecast.source('/b', ILL)
  await icecast.fail('limit', { only: ({ path }) => path === STATUS_JSON })
  await t.rejects(read(), { code: 'FST_ICECAST_AT_LIMIT' }, 'or what keeps us from the other one')
})

const changes: Array<[from: Version, to: Version, account: string | undefined]> = [
  ['2.4', '2.5', undefined], ['2.4', '2.5', ADMIN], ['2.5', '2.4', undefined], ['2.5', '2.4', ADMIN],
  ['2.4', 'kh', ADMIN], ['kh', '2.4', ADMIN], ['2.5', 'kh', ADMIN], ['kh', '2.5', ADMIN]
]
for (const [from, to, account] of changes) {
  test(`${from} that is replaced by ${to} is read by the documents of ${to}, as ${account ?? 'nobody'}`, async (t) => {
    const { icecast, server, read, asked } = await setup(t, { icecast: { version: from }, ...(account && { account }) })
    await read()
    await read()
    const before = server.feed
    icecast.restart({ version: to })
    icecast.source('/main.mp3')
    icecast.title('/main.mp3', 'C - D')
    t.same(await read(), ['/main.mp3 C - D'], 'at the first read')
    t.not(server.feed, before)
    await read()
    asked()
    await read()
    t.same(asked(), { 2.4: account ? [`${STATS}*`] : [STATUS_JSON], 2.5: [PUBLIC_STATS], kh: [`${STATS}*`] }[to])
  })
}

test('a server that is replaced by an icecast-kh fails without an account instead of looking offline', async (t) => {
  const { icecast, read } = await setup(t)
  await read()
  icecast.restart({ version: 'kh' })
  await t.rejects(read(), { code: 'FST_ICECAST_UNAUTHORIZED' })
})

test('the public list is read again after a restart', async (t) => {
  const { icecast, read, asked } = await setup(t, { account: ADMIN })
  await read()
  icecast.restart()
  icecast.source('/main.mp3', { hidden: true })
  asked()
  t.same(await read(), [], 'it was public before')
  t.same(asked(), [`${STATS}*`, STATUS_JSON])
})

const failures: Array<[fault: Fault, code: string, message?: RegExp]> = [
  ['reset', 'FST_ICECAST_UNREACHABLE', /closed|ECONNRESET/],
  ['truncated', 'FST_ICECAST_UNREACHABLE'],
  ['wrong-length', 'FST_ICECAST_BAD_DOCUMENT'],
  ['too-large', 'FST_ICECAST_TOO_LARGE', /100000 bytes/],
  ['not-http', 'FST_ICECAST_UNREACHABLE', /HTTP/],
  ['limit', 'FST_ICECAST_AT_LIMIT'],
  [404, 'FST_ICECAST_NOT_FOUND', /check `url`/],
  [500, 'FST_ICECAST_BAD_STATUS', /500/],
  ['redirect', 'FST_ICECAST_BAD_STATUS', /302/],
  ['html', 'FST_ICECAST_BAD_DOCUMENT', /Icecast sent a .* that cannot be read: it is a web page: check `url`/],
  ['empty', 'FST_ICECAST_BAD_DOCUMENT'],
  ['starting', 'FST_ICECAST_BAD_DOCUMENT'],
  ['unauthorized', 'FST_ICECAST_UNAUTHORIZED']
]
for (const [fault, code, message] of failures) {
  test(`a server that fails by '${fault}' gives an error that names it, and is read again after it recovers`, async (t) => {
    for (const version of ['2.4', '2.5', 'kh'] as const) {
      if (version === 'kh' && (fault === 'starting' || fault === 'limit')) continue // it has no such moment; an administrator gets in
      for (const account of version === 'kh' ? [ADMIN] : [undefined, ADMIN]) {
        const { icecast, read } = await setup(t, { icecast: { version }, ...(account && { account }) })
        await read()
        await icecast.fail(fault)
        for (let i = 0; i < 2; i++) await t.rejects(read(), { code, message: message ?? /Icecast/ }, `${version} ${account}`)
        await icecast.recover()
        t.same(await read(), ['/main.mp3 A - B'])
      }
    }
  })
}

test('a redirect does not send the account to another host', async (t) => {
  const other = await fakeIcecast()
  t.teardown(() => other.close())
  for (const version of ['2.4', '2.5', 'kh'] as const) {
    const { icecast, read } = await setup(t, { icecast: { version }, account: ADMIN })
    await icecast.fail('redirect', { location: `${other.url}/admin/stats` })
    await t.rejects(read(), { code: 'FST_ICECAST_BAD_STATUS' })
  }
  t.same(other.requests, [])
})

test('the live feed is chosen by `server_id` where the document does not decide', async (t) => {
  let id: string | null = null
  const icecast = createServer(({ url }, response) => {
    if (url !== STATUS_JSON) response.statusCode = 400
    response.end(JSON.stringify({ icestats: { server_id: id } }))
  }).listen(0, '127.0.0.1')
  t.teardown(() => { icecast.close() })
  await once(icecast, 'listening')
  const { port } = icecast.address() as AddressInfo
  for (const [name, feed] of [
    ['Icecast 2.4.4', 'stats'], ['Icecast 2.4.0', 'stats'], ['Icecast 2.3.99', 'stats'], ['Icecast 2.4.0-kh22', 'stats-kh'],
    ['Icecast 2.4.999.2', 'eventfeed'], ['Icecast 2.5.0', 'eventfeed'], ['Icecast 3.0', 'eventfeed'], ['Radio', 'stats'], ['Radio 10.8', 'stats'], [null, 'stats']
  ] as const) {
    id = name
    const server = new StatusReader({
      url: new URL(`http://127.0.0.1:${port}/`), authorization: null, maxBytes: 1000, mounts: null, onAccountRejected: () => {}
    })
    t.teardown(() => server.close())
    t.equal(server.feed, null)
    await server.read(AbortSignal.timeout(5000))
    t.equal(server.feed, feed, String(name))
  }
})

test('a 2.5 with a `<server-id>` of its own has the feed of 2.5', async (t) => {
  const { icecast, server, read } = await setup(t, { icecast: { version: '2.5' } })
  const document = await (await fetch(icecast.url + PUBLIC_STATS)).text()
  const renamed = createServer((_, response) => { response.end(document.replace(/Icecast 2[.\d]+/, 'Radio 1.2')) }).listen(0, '127.0.0.1')
  t.teardown(() => { renamed.close() })
  await once(renamed, 'listening')
  const { port } = renamed.address() as AddressInfo
  const other = new StatusReader({
    url: new URL(`http://127.0.0.1:${port}/`), authorization: null, maxBytes: 100_000, mounts: null, onAccountRejected: () => {}
  })
  t.teardown(() => other.close())
  t.equal((await other.read(AbortSignal.timeout(5000))).serverId, 'Radio 1.2')
  await read()
  t.equal(other.feed, server.feed)
})

test('anonymous requests carry no account', async (t) => {
  const isAnonymous = ({ authorization }: LoggedRequest) => !authorization
  for (const version of ['2.4', '2.5', 'kh'] as const) {
    const { icecast, read } = await setup(t, { icecast: { version }, account: WRONG })
    await read().catch(() => {})
    t.ok(icecast.requests.filter(({ path }) => path === PUBLIC_STATS).some(isAnonymous))
    t.ok(icecast.requests.filter(({ path }) => path === STATUS_JSON).every(isAnonymous))
  }
})

test('reads are at most 5 s apart where a mount may be hidden unannounced, and soon where one seems to be', async (t) => {
  const named = await setup(t, { account: ADMIN, mounts: ['/main.mp3'] })
  await named.read()
  t.equal(named.server.rereadWithin(1000), null, 'a named mount is wanted, hidden or not')
  const { icecast, read, server } = await setup(t, { account: ADMIN })
  await read()
  t.ok((server.rereadWithin(1000) ?? 0) > 4000)
  t.equal(server.rereadWithin(10_000), 10_000, '`interval` counts')
  advanceClock(t, 3_000)
  await read()
  t.ok((server.rereadWithin(1000) ?? Infinity) < 2500, 'counted from the last list of public mounts')
  icecast.source('/main.mp3', { hidden: true })
  advanceClock(t, 1_100)
  t.same(await read(), ['/main.mp3'])
  t.equal(server.rereadWithin(10_000), 500)
  t.same(await read(), [])
  advanceClock(t, 6_000)
  t.equal(server.rereadWithin(1000), 0)
  const open = await setup(t, { icecast: { version: '2.5' }, account: ADMIN })
  await open.read()
  t.equal(open.server.rereadWithin(1000), 5000, 'each document of 2.5 shows what is public')
})

test('listenUrl is the public address of the server and the encoded path where `publicUrl` is given', async (t) => {
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  for (const mount of ['/main.mp3', '/my radio?#%.mp3', '/a/\u{1F3B5}']) icecast.source(mount)
  for (const [publicUrl, base] of [['https://radio.example', 'https://radio.example'], ['https://radio.example/listen/', 'https://radio.example/listen']] as const) {
    const server = new StatusReader({
      url: new URL(`${icecast.url}/`), authorization: `Basic ${btoa(ADMIN)}`, maxBytes: 100_000, mounts: null, publicUrl: new URL(publicUrl), onAccountRejected: () => {}
    })
    t.teardown(() => server.close())
    const { mounts } = await server.read(AbortSignal.timeout(5000))
    t.same(mounts.map(({ listenUrl }) => listenUrl).sort(), [`${base}/a/%F0%9F%8E%B5`, `${base}/main.mp3`, `${base}/my%20radio%3F%23%25.mp3`])
  }
})

test('a SHOUTcast server gives the error that it is not Icecast, with and without an account', async (t) => {
  let hasStatus = false
  const server = createServer(({ url }, response) => {
    if (hasStatus && url === STATUS_JSON) return response.end(JSON.stringify({ icestats: { server_id: 'Icecast 2.4.4' } }))
    response.writeHead(404).end('<title>SHOUTcast Server</title>')
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  for (const authorization of [null, `Basic ${btoa(ADMIN)}`]) {
    hasStatus = false
    const reader = new StatusReader({
      url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`), authorization, maxBytes: 1000, mounts: null, onAccountRejected: () => {}
    })
    t.teardown(() => reader.close())
    await t.rejects(reader.read(AbortSignal.timeout(5000)), { code: 'FST_ICECAST_NOT_ICECAST' })
    hasStatus = true
    t.equal((await reader.read(AbortSignal.timeout(5000))).serverId, 'Icecast 2.4.4', 'a page with that name beside an Icecast does no harm')
  }
})
