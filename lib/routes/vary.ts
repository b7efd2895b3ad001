import type { FastifyReply } from 'fastify'

/** What the answers with states depend on. Those with histories have the same `Vary`. */
export const NEGOTIATED = 'Accept, Accept-Encoding'

/** Adds names, separated by commas, to the `Vary` header of the app's own hooks, such as the `Origin` of @fastify/cors. */
export function vary (reply: FastifyReply, names: string): void {
  const given = reply.getHeader('vary')
  reply.header('vary', given === undefined ? names : join(String(given), names))
}

function join (given: string, names: string): string {
  const all = namesOf(given)
  const known = all.map((name) => name.toLowerCase())
  if (!known.includes('*')) all.push(...namesOf(names).filter((name) => !known.includes(name.toLowerCase())))
  return all.join(', ')
}

function namesOf (header: string): string[] {
  return header.split(',').map((name) => name.trim()).filter((name) => name !== '')
}
