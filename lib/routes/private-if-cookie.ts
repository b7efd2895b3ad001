import type { FastifyReply } from 'fastify'

/**
 * Keeps shared caches from storing an answer that carries a cookie. A session plugin of the app may add `Set-Cookie` to any
 * answer, and a cache that keeps it for everyone hands out one visitor's session (RFC 9111, section 7.3).
 */
export function makePrivateIfCookie (reply: FastifyReply): void {
  if (reply.hasHeader('set-cookie')) reply.header('cache-control', toPrivate(String(reply.getHeader('cache-control') ?? '')))
}

/** The same directives, for the client's own cache alone. `no-store` and `private` already keep shared caches out. */
function toPrivate (cacheControl: string): string {
  const directives = cacheControl.split(',').map((directive) => directive.trim()).filter((directive) => directive !== '')
  if (directives.some((directive) => /^(no-store|private)$/i.test(directive))) return cacheControl
  return ['private', ...directives.filter((directive) => !/^(public|s-maxage=.*)$/i.test(directive))].join(', ')
}
