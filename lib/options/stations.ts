import { charsetExists } from '../metadata/repair-encoding.ts'
import type { StationOptions } from './options.ts'
import { readObject, rejectUnknownKeys, readString, readInteger, invalidOption } from './checks.ts'

export function readStations (value: unknown): ReadonlyMap<string, StationOptions> {
  const right = 'an object of stations by id, such as `{ main: { name: \'Radio Main\', mounts: [\'/main.mp3\'] } }`'
  const entries = Object.entries(readObject('stations', value, right))
  if (entries.length === 0) throw invalidOption('stations', value, `${right}; leave it out to have each mount as a station`)
  return new Map(entries.map(([id, station]) => [id, readStation(id, station)]))
}

function readStation (id: string, value: unknown): StationOptions {
  const option = `stations.${id}`
  // Fastify's `maxParamLength`.
  if (id === '' || id.length > 100) throw invalidOption(option, id, 'named by an id of 1 to 100 characters')
  if (id === 'client.js') throw invalidOption(option, id, 'named otherwise: the address below `route.url` is that of the page\'s module')
  const { name, mounts, charset, delay, ...rest } = readObject(option, value, '`{ name?: string, mounts: string[], charset?: string, delay?: number }`')
  rejectUnknownKeys(option, rest, 'a station has `name`, `mounts`, `charset` and `delay`')
  const right = 'a list of mounts, each once, with its leading slash and not percent-encoded, such as `[\'/main.mp3\', \'/my radio.mp3\']`'
  if (!Array.isArray(mounts) || mounts.length === 0) throw invalidOption(`${option}.mounts`, mounts, right)
  const paths = new Set<string>()
  const list: unknown[] = mounts
  for (const mount of list) {
    if (typeof mount !== 'string' || !mount.startsWith('/') || /\p{Cs}|%[\da-f]{2}/iu.test(mount) || paths.has(mount)) throw invalidOption(`${option}.mounts`, mount, right)
    paths.add(mount)
  }
  return {
    mounts: [...paths],
    ...(name !== undefined && { name: readString(`${option}.name`, name, 'a text to show') }),
    ...(charset !== undefined && { charset: readCharset(`${option}.charset`, charset) }),
    ...(delay !== undefined && { delay: readDelay(`${option}.delay`, delay) })
  }
}

function readCharset (option: string, value: unknown): string {
  if (typeof value === 'string' && charsetExists(value)) return value
  throw invalidOption(option, value, 'the name of a charset in which ASCII is itself, such as `windows-1251` or `shift_jis`')
}

/** ms. */
const LONGEST_DELAY = 300_000

export function readDelay (option: string, value: unknown): number {
  return readInteger(option, value, 0, 0, LONGEST_DELAY)
}
