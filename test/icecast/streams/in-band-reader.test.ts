import { EventEmitter, once } from 'node:events'
import { test, type Test } from 'tap'
import {
  FST_ICECAST_BAD_DOCUMENT, FST_ICECAST_BAD_STATUS, FST_ICECAST_NOT_FOUND, FST_ICECAST_TIMEOUT, FST_ICECAST_UNAUTHORIZED
} from '../../../lib/errors.ts'
import type { MountReport, Report } from '../../../lib/icecast/report.ts'
import { InBandReader, type InBandReaderOptions } from '../../../lib/icecast/streams/in-band-reader.ts'
import { becomes } from '../../helpers/becomes.ts'
import { StreamServer } from '../../helpers/stream-server.ts'
import { mount } from '../../stations/helper.ts'
import { always } from '../feeds/server.ts'

/** A reader of a server with streams; its clock is the test's, so that one test runs at a time. Its documents are what the test says. */
class Scene extends EventEmitter<{ changed: [] }> {
  readonly server: StreamServer
  readonly reader: InBandReader
  readonly events: string[] = []
  readonly abort = new AbortController()
  /** ms that the clock is ahead. */
  #ahead = 0

  constructor (t: Test, server: StreamServer, options: Partial<InBandReaderOptions>) {
    super()
    this.server = server
    const { now } = performance
    t.intercept(performance, 'now', { value: () => now.call(performance) + this.#ahead })
    const alive = setInterval(() => {}, 1000)
    this.reader = new InBandReader({
      inBand: 'auto',
      url: new URL(`${server.url}/`),
      timeout: 5000,
      programmes: [['/a', '/b']],
      onChange: () => { this.emit('changed') },
      onFollow: (paths) => { this.events.push(`follow ${paths.join()}`) },
      onTooMany: (paths) => { this.events.push(`too many ${paths.join()}`) },
      onNoDocument: (error) => { this.events.push(`no document ${Reflect.get(error, 'code')}`) },
      onStreamDown: (path, { code }) => {
        this.events.push(`down ${path} ${code}`)
        this.emit('changed')
      },
      onStreamUp: (path) => { this.events.push(`up ${path}`) },
      onCallbackError: (error) => { throw error },
      streamTimes: { lost: always(1), absent: always(1), refused: always(60_000), limit: always(60_000), settle: 5 },
      ...options
    })
    t.teardown(async () => {
      clearInterval(alive)
      await this.reader.stop()
    })
  }

  pass (ms: number): void { this.#ahead += ms }

  /** A read; `answer`: the documents, or how they are refused. */
  async read (answer: Report | Error, signal = this.abort.signal): Promise<Report> {
    return await this.reader.read(signal, async () => {
      if (answer instanceof Error) throw answer
      return answer
    })
  }

  /** The code with which a read fails. */
  async fails (answer: Error, signal?: AbortSignal): Promise<string> {
    try {
      await this.read(answer, signal)
    } catch (error) {
      return String(Reflect.get(Object(error), 'code')).replace('FST_ICECAST_', '')
    }
    return 'read'
  }

  /** The mounts in a report of documents, with what the streams say. */
  complete (mounts: Record<string, Partial<MountReport>>): MountReport[] {
    return this.reader.complete(documents(mounts), false).mounts
  }

  /** Until the streams say so much. */
  async until (isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!await isSo()) await once(this, 'changed')
  }
}

async function scene (t: Test, options: Partial<InBandReaderOptions> = {}): Promise<Scene> {
  return new Scene(t, await StreamServer.start(t), options)
}

function documents (mounts: Record<string, Partial<MountReport>>): Report {
  return { serverId: 'Icecast 2.4.4', serverStart: 'start', mounts: Object.entries(mounts).map(([path, special]) => mount(path, special)) }
}

const OPUS = { contentType: 'application/ogg', codec: 'opus', listeners: 3, listenerPeak: 5 }
const REFUSED = new FST_ICECAST_NOT_FOUND('/status-json.xsl')

test('the title that the documents lack comes from the stream, and its connection is not counted', async (t) => {
  const one = await scene(t)
  one.server.stream('/a', 'A - B')
  t.match(one.complete({ '/a': OPUS }), [{ title: null, listeners: 3 }])
  await one.until(() => one.complete({ '/a': OPUS })[0]?.title === 'A - B')
  one.pass(2000)
  t.match(one.complete({ '/a': { ...OPUS, listeners: 4, listenerPeak: 6 } }), [{ title: 'A - B', artist: null, listeners: 3, listenerPeak: 5 }])
  one.server.stream('/a', 'C - D')
  await one.until(() => one.complete({ '/a': { ...OPUS, listeners: 4, listenerPeak: 6 } })[0]?.title === 'C - D')
  t.same(one.events, ['follow /a', 'up /a'])

  t.match(one.complete({ '/a': { ...OPUS, title: 'E', listeners: 4, listenerPeak: 6 } }), [{ title: 'C - D' }], 'the documents show it now, so it is followed no more')
  t.match(one.complete({ '/a': { ...OPUS, title: 'E', listeners: 4, listenerPeak: 6 } }), [{ title: 'E', listeners: 3, listenerPeak: 5 }], 'and may still be counted')
  one.pass(2000)
  t.match(one.complete({ '/a': { ...OPUS, title: 'E', listeners: 3, listenerPeak: 6 } }), [{ listeners: 3, listenerPeak: 5 }])
  t.match(one.complete({ '/a': { ...OPUS, title: 'E', listeners: 4, listenerPeak: 6 } }), [{ listeners: 4, listenerPeak: 5 }], 'the peak was reached with us')
  one.complete({})
  t.match(one.complete({ '/a': { ...OPUS, title: 'E', listeners: 4, listenerPeak: 6 } }), [{ listenerPeak: 6 }], 'another source')
  await becomes(() => one.server.listeners('/a') === 0)
})

test('a mount that is gone is followed no more, and is named once in the log', async (t) => {
  const one = await scene(t)
  one.server.stream('/a', 'A')
  one.complete({ '/a': OPUS })
  await one.until(() => one.complete({ '/a': OPUS })[0]?.title === 'A')
  one.complete({})
  one.complete({ '/a': OPUS })
  await one.until(() => one.complete({ '/a': OPUS })[0]?.title === 'A')
  t.same(one.events, ['follow /a', 'up /a', 'up /a'])
})

test('what a stream said last is used for some seconds after its connection was lost', async (t) => {
  const one = await scene(t)
  one.server.stream('/a', 'A')
  one.complete({ '/a': OPUS })
  await one.until(() => one.complete({ '/a': OPUS })[0]?.title === 'A')
  one.server.mounts.set('/a', 403)
  one.server.cut('/a')
  await one.until(() => one.events.length === 3)
  t.equal(one.complete({ '/a': OPUS })[0]?.title, 'A')
  one.pass(6000)
  t.match(one.complete({ '/a': OPUS }), [{ live: true, title: null }], 'and the documents say that the mount is live')
})

test('more than 8 streams are told once', async (t) => {
  const paths = Array.from({ length: 10 }, (_, n) => `/${n}`)
  const one = await scene(t, { programmes: null })
  for (let reads = 0; reads < 2; reads++) one.complete(Object.fromEntries(paths.map((path) => [path, OPUS])))
  t.same(one.events.filter((event) => !event.startsWith('down')), [`follow ${paths.slice(0, 8).join()}`, 'too many /8,/9'])
})

test('a server that shows no document is read by its streams', async (t) => {
  const one = await scene(t, { publicUrl: new URL('https://stream.radio.example/') })
  one.server.stream('/a', 'A')
  t.match(await one.read(REFUSED), {
    serverId: null, serverStart: null, mounts: [{ path: '/a', live: true, listeners: null, listenUrl: 'https://stream.radio.example/a' }], unknownMounts: []
  })
  t.equal(one.complete({ '/c': OPUS })[0]?.title, null, 'nothing is added to it')
  await one.until(async () => (await one.read(REFUSED)).mounts[0]?.title === 'A')
  one.server.mounts.set('/b', 403)
  await one.until(() => one.events.some((event) => event.startsWith('down /b FST_ICECAST_LISTENER')))
  one.pass(6000)
  t.same((await one.read(REFUSED)).unknownMounts, ['/b'], 'a refusal does not say that there is no source')
  t.same(one.events.slice(0, 2), ['no document FST_ICECAST_NOT_FOUND', 'follow /a,/b'])
  one.server.end('/a')
  await one.until(async () => (await one.read(REFUSED)).mounts.length === 0)
})

test('a server that cannot be reached is not offline', async (t) => {
  const one = await scene(t, { programmes: [['/a']] })
  one.server.stream('/a', 'A')
  await one.read(REFUSED)
  one.server.mounts.set('/a', 503)
  one.server.cut('/a')
  await one.until(() => one.events.length === 4)
  t.match((await one.read(REFUSED)).mounts, [{ live: true }], 'what it said last is held')
  one.pass(6000)
  t.equal(await one.fails(REFUSED), 'BAD_STATUS')
})

test('documents are asked for from time to time, and used once they are there', async (t) => {
  const one = await scene(t, { programmes: [['/a']] })
  one.server.stream('/a', 'A')
  await one.read(REFUSED)
  const shown = documents({ '/a': { ...OPUS, title: 'B', listeners: 3, listenerPeak: 4 } })
  t.equal((await one.read(shown)).serverId, null)
  one.pass(30_000)
  t.equal(await one.fails(new FST_ICECAST_UNAUTHORIZED(401, '/admin/stats')), 'read')
  one.pass(30_000)
  t.equal((await one.read(shown)).serverId, 'Icecast 2.4.4')
  t.match(one.reader.complete(shown, false).mounts, [{ listeners: 2, listenerPeak: 3 }], 'its numbers are without our connection')
  t.same(one.events.filter((event) => event.startsWith('no document')), ['no document FST_ICECAST_NOT_FOUND'])
})

test('a server that may be starting, or that has shown documents, is given time', async (t) => {
  for (const [error, code] of [[new FST_ICECAST_BAD_DOCUMENT('status-json.xsl', 'starting'), 'BAD_DOCUMENT'], [new FST_ICECAST_BAD_STATUS(500, '/'), 'BAD_STATUS']] as const) {
    const one = await scene(t)
    t.equal(await one.fails(error), code)
    one.pass(9000)
    t.equal(await one.fails(error), code)
    one.pass(1000)
    t.equal(await one.fails(error), 'read')
  }
  const one = await scene(t)
  await one.read(documents({}))
  t.equal(await one.fails(REFUSED), 'NOT_FOUND')
  one.pass(59_000)
  t.equal(await one.fails(REFUSED), 'NOT_FOUND')
  t.equal(await one.fails(new FST_ICECAST_TIMEOUT(5)), 'TIMEOUT', 'an outage begins anew')
  one.pass(1000)
  t.equal(await one.fails(REFUSED), 'NOT_FOUND')
  one.pass(60_000)
  t.equal(await one.fails(REFUSED), 'read')
})

test('without streams to follow, documents that are refused are a failure', async (t) => {
  for (const options of [{ inBand: false }, { programmes: null }] as const) {
    const one = await scene(t, options)
    t.equal(await one.fails(REFUSED), 'NOT_FOUND')
    t.same(one.complete({ '/a': options.programmes === null ? {} : OPUS })[0]?.title, null)
    t.same(one.events, [])
  }
})

test('a read of streams that do not answer ends when it is aborted', async (t) => {
  const one = await scene(t, { programmes: [['/a']] })
  one.server.document = () => {}
  const failed = one.fails(REFUSED)
  one.abort.abort(new FST_ICECAST_TIMEOUT(5))
  t.equal(await failed, 'TIMEOUT')
  t.equal(await one.fails(REFUSED), 'TIMEOUT', 'one that is aborted already')
})

test('`auto` follows the first 8 mounts of a server without documents, and `always` all', async (t) => {
  const paths = Array.from({ length: 10 }, (_, n) => `/${n}`)
  for (const [inBand, unknown] of [['auto', ['/8', '/9']], ['always', []]] as const) {
    const one = await scene(t, { inBand, programmes: [paths] })
    t.same((await one.read(REFUSED)).unknownMounts, unknown)
    t.equal(one.events.includes('too many /8,/9'), inBand === 'auto')
  }
})

test('nothing is followed after the end', async (t) => {
  const one = await scene(t)
  await one.reader.stop()
  one.complete({ '/a': OPUS })
  t.equal(await one.fails(REFUSED), 'NOT_FOUND')
  t.same(one.server.requests, [])
})
