import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'

const hashes = new WeakMap<Buffer, string>()

/** A hash of the content, computed once per body. */
export function hashOf (body: Buffer): string {
  let hash = hashes.get(body)
  if (hash === undefined) hashes.set(body, hash = createHash('sha256').update(body).digest('base64url').slice(0, 16))
  return hash
}

/** Whether an `If-None-Match` header names this tag (RFC 9110, section 13.1.2: the weak comparison). */
export function matches (header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((value) => value.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(tag)
}

/** Answers with the body, or with 304 if the client has it already. */
export function sendTagged (reply: FastifyReply, tag: string, cacheControl: string, type: string, write: () => Buffer): FastifyReply {
  reply.header('etag', tag).header('cache-control', cacheControl)
  return matches(reply.request.headers['if-none-match'], tag) ? reply.code(304).send() : reply.type(type).send(write())
}
