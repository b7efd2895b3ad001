import { invalidOption } from '../errors.ts'
import type { HistoryStore } from '../store/store.ts'

export function readStore (value: unknown): HistoryStore | null {
  if (value === undefined) return null
  if (isStore(value)) return value
  throw invalidOption('store', value, 'an object with the functions `load` and `save`, such as `fileStore(\'now-playing.json\')` of `fastify-icecast/file-store`')
}

function isStore (value: unknown): value is HistoryStore {
  if (typeof value !== 'object' || value === null) return false
  const [load, save, close]: unknown[] = ['load', 'save', 'close'].map((name) => Reflect.get(value, name))
  return typeof load === 'function' && typeof save === 'function' && (close === undefined || typeof close === 'function')
}
