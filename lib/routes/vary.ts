import type { FastifyReply } from 'fastify'

/** Adds `Accept` to the `Vary` header of the app's own hooks, such as the `Origin` of @fastify/cors. */
export function varyByAccept (reply: FastifyReply): void {
  const given = reply.getHeader('vary')
  if (given === undefined) {
    reply.header('vary', 'Accept')
    return
  }
  const names = String(given).split(',').map((name) => name.trim()).filter((name) => name !== '')
  if (!names.includes('*') && !names.some((name) => name.toLowerCase() === 'accept')) names.push('Accept')
  reply.header('vary', names.join(', '))
}
