import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAtLeast } from '../state/version-order.ts'

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
  if (header === tag) return true
  const tags = tagsOf(header)
  return tags.includes('*') || tags.includes(tag)
}

/** Whether an `If-None-Match` header names a version that is newer than this one. */
export function namesNewer (header: string | undefined, version: string): boolean {
  return header !== undefined && tagsOf(header).some((tag) => isAtLeast(tag.slice(1, -1), version))
}

function tagsOf (header: string): string[] {
  return header.split(',').map((value) => value.trim().replace(/^W\//, ''))
}

/** Answers with 304: the client has the body already. */
export function sendNotModified (reply: FastifyReply, tag: string, cacheControl: string): FastifyReply {
  return reply.header('etag', tag).header('cache-control', cacheControl).code(304).send()
}

/** Answers with the body and its tag. */
export function sendTagged (reply: FastifyReply, tag: string, cacheControl: string, type: string, body: Buffer): FastifyReply {
  return reply.header('etag', tag).header('cache-control', cacheControl).header('content-type', type).send(body)
}

/** Answers with the body, or with 304 if the request names its tag. */
export function sendIfNoneMatch ({ headers }: Pick<FastifyRequest, 'headers'>, reply: FastifyReply, tag: string, cacheControl: string, type: string, body: Buffer): FastifyReply {
  return matches(headers['if-none-match'], tag) ? sendNotModified(reply, tag, cacheControl) : sendTagged(reply, tag, cacheControl, type, body)
}
