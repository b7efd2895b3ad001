import { Http2ServerResponse } from 'node:http2'
import { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'

/**
 * Whether nobody waits for the answer: its `close` has been emitted, while a hook took its time. Or it stands behind another
 * one on its connection (pipelining, which no browser does), and Node would emit none.
 */
export function isClientGone ({ raw: { socket } }: FastifyRequest, { raw: response }: FastifyReply): boolean {
  if (response instanceof Http2ServerResponse) return response.stream.destroyed || response.stream.aborted
  // `inject()` has none.
  return socket instanceof Socket && (socket.destroyed || response.socket !== socket)
}
