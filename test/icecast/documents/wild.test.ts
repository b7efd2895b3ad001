import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { test, type Test } from 'tap'
import fastifyIcecast, { type Station } from '../../../index.ts'
import { parseStatusJson } from '../../../lib/icecast/documents/status-json.ts'

/** What a person who reads a document expects of a station; a missing field is not checked. */
interface Expected extends Partial<Pick<Station, 'status' | 'name'>> {
  text?: string | null
  artist?: string | null
  title?: string | null
  listeners?: number | null
  peak?: number | null
  mount?: string
  contentType?: string | null
  bitrate?: number | null
}

interface WildDocument {
  file: string
  endpoint: string
  /** The answer is beyond doubt. */
  sure: boolean
  /** Whether the document can be read; null: unclear. */
  read: boolean | null
  stations?: Record<string, { mounts: string[] }>
  expect: Record<string, Expected>
}

const FOLDER = new URL('../../fixtures/wild/', import.meta.url)
const { documents }: { documents: Record<string, WildDocument> } = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8'))

/** Where this plugin differs from an answer that is not beyond doubt. */
const DIFFERENCES: Record<string, Record<string, Expected>> = {
  // A content type and a title are taken for a source.
  'icecast-2.5-docs-example': { 'video.ogg': { status: 'live', text: 'ERAGON', title: 'ERAGON', listeners: 0, peak: 0 } }
}


/** An Icecast that has this document alone, with an administrator if it needs one. Returns its address. */
async function serve (t: Test, { endpoint, file }: WildDocument, only: string | undefined): Promise<string> {
  const body = readFileSync(new URL(file, FOLDER))
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://h')
    const mount = searchParams.get('mount')
    const isWanted = pathname === endpoint && (mount === null || only === undefined || mount === only)
    if (endpoint === '/admin/stats' && request.headers.authorization === undefined) response.writeHead(401).end()
    else if (!isWanted) response.writeHead(404).end()
    else response.end(body)
  })
  t.teardown(() => server.close())
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function describe (station: Station): Expected {
  const { status, name, track, listeners, mounts: [mount] } = station
  return {
    status,
    name,
    text: track?.text ?? null,
    artist: track?.artist ?? null,
    title: track?.title ?? null,
    listeners: listeners.current,
    peak: listeners.peak,
    mount: mount?.path ?? '',
    contentType: mount?.contentType ?? null,
    bitrate: mount?.bitrate ?? null
  }
}

for (const [name, document] of Object.entries(documents).filter(([, { read }]) => read === true)) {
  test(`the document ${name} reads as a person would read it`, async (t) => {
    const isAdmin = document.endpoint === '/admin/stats'
    const expected = Object.entries(document.expect)
    const stations = document.stations ??
      (isAdmin ? Object.fromEntries(expected.map(([id, { mount = '' }]) => [id, { mounts: [mount] }])) : undefined)
    const app = Fastify()
    t.teardown(() => app.close())
    await app.register(fastifyIcecast, {
      url: await serve(t, document, document.stations?.['main']?.mounts[0]),
      live: false,
      ...stations !== undefined && { stations },
      ...isAdmin && { auth: { username: 'admin', password: 'hackme' } }
    })
    await app.ready()
    t.equal(await app.nowPlaying.refresh(), true, 'it can be read')
    if (expected.length === 0) t.strictSame(app.nowPlaying.list(), [])
    for (const [id, answer] of expected) {
      const station = app.nowPlaying.get(id)
      // A mount that is not live is a station only if it is named.
      if (station === undefined) t.equal(answer.status, 'offline', id)
      else t.match(describe(station), { ...answer, ...DIFFERENCES[name]?.[id] }, id)
    }
  })
}

test('a station is offline on an idle server whose document lacks its last brace', async (t) => {
  const document = documents['altred-2025-idle-cut']
  if (document === undefined) return t.fail('the document is missing')
  const app = Fastify()
  t.teardown(() => app.close())
  const stations = { main: { mounts: ['/main.mp3'] } }
  await app.register(fastifyIcecast, { url: await serve(t, document, undefined), live: false, stations })
  await app.ready()
  t.equal(await app.nowPlaying.refresh(), true)
  t.equal(app.nowPlaying.get('main')?.status, 'offline')
})

test('documents of a SHOUTcast server are refused', (t) => {
  for (const { file } of Object.values(documents).filter(({ read }) => read === false)) {
    t.throws(() => parseStatusJson(readFileSync(new URL(file, FOLDER))), { code: 'FST_ICECAST_BAD_DOCUMENT' }, file)
  }
  t.end()
})
