import { invalidOption } from '../errors.ts'
import { charsetExists } from '../metadata/repair-encoding.ts'
import { readInteger, readObject, readString, rejectUnknownKeys } from './checks.ts'
import type { StationOptions } from './options.ts'

export function readStations (value: unknown): ReadonlyMap<string, StationOptions> {
  const expected = 'an object of stations by id, such as `{ main: { name: \'Radio Main\', mounts: [\'/main.mp3\'] } }`'
  const entries = Object.entries(readObject('stations', value, expected))
  if (entries.length === 0) throw invalidOption('stations', value, `${expected}; leave it out to have each mount as a station`)
  return new Map(entries.map(([id, station]) => [id, readStation(id, station)]))
}

function readStation (id: string, value: unknown): StationOptions {
  const option = `stations.${id}`
  // Fastify's default for `maxParamLength`.
  if (id === '' || id.length > 100) throw invalidOption(option, id, 'named by an id of 1 to 100 characters')
  if (id === 'client.js') throw invalidOption(option, id, 'another id: `<route.url>/client.js` is the address of the browser client')
  const station = readObject(option, value, '`{ name?: string, mounts: string[], fallbacks?: string[], charset?: string, delay?: number }`')
  rejectUnknownKeys(option, station, ['name', 'mounts', 'fallbacks', 'charset', 'delay'])
  const { name, mounts, fallbacks, charset, delay } = station
  const programme = readMounts(`${option}.mounts`, mounts)
  if (programme.length === 0) throw invalidOption(`${option}.mounts`, mounts, MOUNTS_SHAPE)
  return {
    mounts: programme,
    ...(fallbacks !== undefined && { fallbacks: readMounts(`${option}.fallbacks`, fallbacks, programme) }),
    ...(name !== undefined && { name: readString(`${option}.name`, name, 'a text to show') }),
    ...(charset !== undefined && { charset: readCharset(`${option}.charset`, charset) }),
    ...(delay !== undefined && { delay: readDelay(`${option}.delay`, delay) })
  }
}

const MOUNTS_SHAPE = 'a list of mounts, each once and with its leading slash, such as `[\'/main.mp3\', \'/my radio.mp3\']`'

/** `programme`: the `mounts` of the same station, if these are its `fallbacks`. */
function readMounts (option: string, value: unknown, programme: readonly string[] = []): string[] {
  if (!Array.isArray(value)) throw invalidOption(option, value, MOUNTS_SHAPE)
  const paths: string[] = []
  const list: unknown[] = value
  for (const [index, mount] of list.entries()) {
    if (typeof mount !== 'string' || !mount.startsWith('/') || /\p{Cs}|%[\da-f]{2}/iu.test(mount)) throw invalidOption(`${option}.${index}`, mount, 'a mount with its leading slash, not percent-encoded and without the address of the server, such as `/main.mp3` or `/my radio.mp3`')
    if (paths.includes(mount)) throw invalidOption(`${option}.${index}`, mount, 'left out: the list has this mount already')
    if (programme.includes(mount)) throw invalidOption(`${option}.${index}`, mount, 'left out of one of the two lists: `mounts` has it already')
    paths.push(mount)
  }
  return paths
}

/** All mounts of a station, in order of preference. */
export function mountsOf ({ mounts, fallbacks = [] }: StationOptions): string[] {
  return [...mounts, ...fallbacks]
}

function readCharset (option: string, value: unknown): string {
  if (typeof value === 'string' && charsetExists(value)) return value
  throw invalidOption(option, value, 'the name of a charset in which ASCII is itself, such as `windows-1251` or `shift_jis`')
}

const MAX_DELAY_MS = 300_000

export function readDelay (option: string, value: unknown): number {
  return readInteger(option, value, { default: 0, min: 0, max: MAX_DELAY_MS, unit: 'ms' })
}
