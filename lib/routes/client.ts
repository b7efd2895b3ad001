import { readFile } from 'node:fs/promises'
import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { FST_ICECAST_NOT_BUILT } from '../errors.ts'
import type { RouteSettings } from '../options/options.ts'
import { compilers } from './compilers.ts'
import { hashOf, sendTagged } from './etag.ts'
import { closeWithCode } from './close-websocket.ts'
import { makePrivateIfCookie } from './private-if-cookie.ts'

/** Where this file is when it is built; the module, which is built of lib/client, is there too. */
const BUILT = import.meta.url.replace('/lib/routes/client.ts', '/dist/lib/routes/client.js')
const MODULE = new URL('../../client/element.js', BUILT)

/** Under its address it may change with each release; under that of its content it never does. */
const MAY_CHANGE = 'public, max-age=300'
const NEVER_CHANGES = 'public, max-age=31536000, immutable'

const schema = {
  operationId: 'getClientModule',
  summary: 'The page\'s client and its element `<now-playing>`, as an ES module',
  tags: ['now playing'],
  querystring: Type.Object({ v: Type.Optional(Type.Unknown({ description: 'The hash of its content, which is its `ETag`: it may be kept for ever then.' })) })
}

/** `GET url/client.js`: what a page needs, with no build step. `file`: where it is. */
export function clientRoute (app: FastifyInstance, { url, options, schema: isPublic }: RouteSettings, file: URL = MODULE): void {
  let reading: Promise<Buffer> | undefined
  // Not the hooks: they are about who may know what is on, and a script's request brings no token.
  const { config, constraints, logLevel, logSerializers, exposeHeadRoute } = options
  const own = Object.fromEntries(Object.entries({ config, constraints, logLevel, logSerializers, exposeHeadRoute }).filter(([, value]) => value !== undefined))
  app.route<{ Querystring: { v?: unknown } }>({
    ...own,
    ...compilers,
    method: 'GET',
    url: `${url}/client.js`,
    schema: isPublic ? schema : { ...schema, hide: true },
    onSend: makePrivateIfCookie,
    wsHandler: (socket) => closeWithCode(socket, 'This is a module: subscribe to the address without it'),
    handler: async (request, reply) => {
      reading ??= read(file)
      const text = await reading.catch((error) => {
        reading = undefined
        throw error
      })
      const hash = hashOf(text)
      // Modules are loaded by CORS. This one is the same for everyone.
      if (!reply.hasHeader('access-control-allow-origin')) reply.header('access-control-allow-origin', '*')
      reply.header('x-content-type-options', 'nosniff')
      const cacheControl = request.query.v === hash ? NEVER_CHANGES : MAY_CHANGE
      return sendTagged(reply, `"${hash}"`, cacheControl, 'text/javascript; charset=utf-8', () => text)
    }
  })
}

/** @throws FST_ICECAST_NOT_BUILT */
async function read (file: URL): Promise<Buffer> {
  try {
    return await readFile(file)
  } catch (error) {
    throw new FST_ICECAST_NOT_BUILT(String(error))
  }
}
