import type { FastifyReply } from 'fastify'

/** Adds names to the `Vary` header of the app's own hooks, such as the `Origin` of @fastify/cors. */
export function vary (reply: FastifyReply, names: readonly string[]): void {
  const given = reply.getHeader('vary')
  if (given === undefined) {
    reply.header('vary', names.join(', '))
    return
  }
  const all = String(given).split(',').map((name) => name.trim()).filter((name) => name !== '')
  const known = all.map((name) => name.toLowerCase())
  if (!known.includes('*')) all.push(...names.filter((name) => !known.includes(name.toLowerCase())))
  reply.header('vary', all.join(', '))
}
