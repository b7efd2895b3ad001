import type { Backplane } from '../backplane/backplane.ts'
import { invalidOption } from '../errors.ts'

const METHODS = ['lead', 'leave', 'write', 'read', 'listen', 'tell', 'close']

export function readBackplane (value: unknown): Backplane | null {
  if (value === undefined) return null
  if (isBackplane(value)) return value
  throw invalidOption('backplane', value, `an object with the functions ${METHODS.map((name) => `\`${name}\``).join(', ')}, such as \`redisBackplane({ client })\` of \`fastify-icecast/redis\``)
}

function isBackplane (value: unknown): value is Backplane {
  if (typeof value !== 'object' || value === null) return false
  const open: unknown = Reflect.get(value, 'open')
  return METHODS.every((name) => typeof Reflect.get(value, name) === 'function') && (open === undefined || typeof open === 'function')
}
