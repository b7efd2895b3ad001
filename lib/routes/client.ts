import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { Type } from '../json-schema/type.ts'
import { FST_ICECAST_NOT_BUILT } from '../errors.ts'
import type { RouteSettings } from '../options/options.ts'
import { NOT_FOUND } from '../push/close-codes.ts'
import { compilers } from './compilers.ts'
import { compressOnce } from './compress.ts'
import { hashOf, sendIfNoneMatch } from './etag.ts'
import { finishResponse } from './finish-response.ts'
import { moduleResponses, visibilityOf } from './schemas.ts'
import { closeWebSocket } from './close-websocket.ts'
import { vary } from './vary.ts'

/** The URL of this file when it is built. The module, which is built from lib/client, is in the same folder. */
const BUILT = import.meta.url.replace('/lib/routes/client.ts', '/dist/lib/routes/client.js')
const MODULE = new URL('../../client/element.js', BUILT)

/** The module may change with each release. */
const MAY_CHANGE = 'public, max-age=300'
/** With `?v=` and its hash the address stands for one content. */
const NEVER_CHANGES = 'public, max-age=31536000, immutable'

const schema = {
  operationId: 'getClientModule',
  summary: 'The client for pages and its element `<now-playing>`, as an ES module',
  tags: ['now playing'],
  response: moduleResponses,
  querystring: Type.Object({ v: Type.Optional(Type.Unknown({ description: 'The hash of the content, as in its `ETag`. The answer may then be cached without a limit.' })) })
}

/** Declares `GET url/client.js`: the client for pages, without a build step. `file`: the URL of the built module. */
export function clientRoute (app: FastifyInstance, { url, options, schema: isPublic }: RouteSettings, file: URL = MODULE): void {
  let reading: Promise<Buffer> | undefined
  // The hooks are left out: they decide who may read the state, and the request of a script carries no token.
  const { config, constraints, logLevel, logSerializers, exposeHeadRoute } = options
  const own = Object.fromEntries(Object.entries({ config, constraints, logLevel, logSerializers, exposeHeadRoute }).filter(([, value]) => value !== undefined))
  app.route<{ Querystring: { v?: unknown } }>({
    ...own,
    ...compilers,
    method: 'GET',
    url: `${url}/client.js`,
    schema: { ...schema, ...visibilityOf(isPublic) },
    onSend: finishResponse,
    wsHandler: (socket) => closeWebSocket(socket, NOT_FOUND, 'This is a module: subscribe to the address without it'),
    handler: async (request, reply) => {
      reading ??= read(file)
      const text = await reading.catch((error) => {
        reading = undefined
        throw error
      })
      const hash = hashOf(text)
      // Pages load modules with CORS. This one is the same for all origins.
      if (!reply.hasHeader('access-control-allow-origin')) reply.header('access-control-allow-origin', '*')
      reply.header('x-content-type-options', 'nosniff')
      vary(reply, 'Accept-Encoding')
      const cacheControl = request.query.v === hash ? NEVER_CHANGES : MAY_CHANGE
      return sendIfNoneMatch(request, reply, `"${hash}"`, cacheControl, 'text/javascript; charset=utf-8', text)
    }
  })
}

/** @throws FST_ICECAST_NOT_BUILT */
async function read (file: URL): Promise<Buffer> {
  try {
    return compressOnce(await readFile(file))
  } catch (error) {
    throw new FST_ICECAST_NOT_BUILT(String(error))
  }
}
