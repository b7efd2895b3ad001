import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Whether the client has disconnected during a hook, so that `close` has been emitted before anybody listened for it. Also
 * true for a response that is pipelined behind another one on its connection: Node would not emit `close` for it. No browser
 * pipelines requests.
 */
export function isClientGone ({ raw: { socket } }: FastifyRequest, { raw: response }: FastifyReply): boolean {
  if (response instanceof Http2ServerResponse) return response.stream.destroyed || response.stream.aborted
  // A request of `inject()` has no real socket.
  return socket instanceof Socket && (socket.destroyed || response.socket !== socket)
}
