import { FST_ICECAST_BACKPLANE_STATE } from '../errors.ts'
import { trackSchemas } from '../schemas.ts'
import type { LastUpdate } from '../state/state-without-listeners.ts'
import { deepFreeze } from '../stations/deep-freeze.ts'
import type { Handover } from '../stations/handover.ts'
import { isTime } from './messages.ts'

// The texts that are stored in a backplane. Whatever is read from there is untrusted: another version of this package may have
// written it, or another program.

/** What is stored about the whole state. */
export interface Head {
  term: number
  /** Rises with each write of a term that has changed something. */
  sequence: number
  /** The version of the published state. */
  version: string
  /** False while stations are still to be discovered. */
  isComplete: boolean
  /** The number of stations. */
  size: number
  /** When it was written, by the leader's clock, in ms since 1970. */
  time: number
  /** The version for clients without listener numbers; missing in what another version has written. */
  versionWithoutListeners?: string | undefined
  /** The leader's `hashOptions`; missing in what another version has written. */
  options?: string
}

/** What is stored about one station. */
export interface StoredStation extends Handover {
  /** The version of its last change. */
  version: string
  /** Missing if that was the last change, and in what another version has written. */
  lastUpdate?: LastUpdate | undefined
}

export interface StateReader {
  /** @throws FST_ICECAST_BACKPLANE_STATE */
  readHead (text: string): Head
  /** Deeply frozen. @throws FST_ICECAST_BACKPLANE_STATE */
  readStation (id: string, text: string): StoredStation
}

/**
 * The format of these texts. A change that an earlier version of this package cannot read gets another number: instances of
 * both versions run at the same time during a rolling deployment. An instance that cannot read the state reads Icecast itself.
 */
const FORMAT = 1
/** Longer texts are not read, in UTF-16 code units. */
const MAX_STATION_LENGTH = 16 * 1024 * 1024
const MAX_HEAD_LENGTH = 4096
const MAX_HASH_LENGTH = 64
const VERSION = /^[0-9a-z]{1,16}-[0-9a-z]{1,12}$/

export function writeHead (head: Head): string {
  return JSON.stringify({ format: FORMAT, ...head })
}

export function writeStation ({ version, lastUpdate, station, saved, pending, staleText, told }: StoredStation): string {
  return JSON.stringify({ version, lastUpdate, station, saved, pending, staleText, told })
}

/** Loads the schema compiler, which takes about 100 ms: only apps with a backplane need it. */
export async function createStateReader (): Promise<StateReader> {
  const [{ Compile }, { Type }] = await Promise.all([import('typebox/schema'), import('typebox')])
  const { track, past, station } = trackSchemas()
  const plays = { track: Type.Union([track, Type.Null()]), history: past }
  const isStored = Compile(Type.Object({
    version: Type.String(),
    lastUpdate: Type.Optional(Type.Object({ version: Type.String(), listeners: station.properties.listeners, mounts: Type.Array(Type.Union([Type.Integer(), Type.Null()])) })),
    station,
    saved: Type.Object({ seenAt: Type.String(), ...plays }),
    pending: Type.Array(Type.Object({ audibleAt: Type.String(), ...plays })),
    staleText: Type.Union([Type.String(), Type.Null()]),
    // The details are validated when they are used.
    told: Type.Object({
      plays: Type.Array(Type.Tuple([Type.String(), Type.Object({})])),
      standIn: Type.Union([Type.Object({ details: Type.Object({}), since: Type.String() }), Type.Null()])
    })
  }))
  const check = (value: unknown): value is StoredStation => isStored.Check(value)
  return {
    readHead: (text) => {
      const { format, ...head } = parse('head', text, MAX_HEAD_LENGTH)
      if (format !== FORMAT) throw new FST_ICECAST_BACKPLANE_STATE(`its format is ${JSON.stringify(format)}, and this version of fastify-icecast reads ${FORMAT}`)
      if (!isHead(head)) throw new FST_ICECAST_BACKPLANE_STATE('its head is incomplete')
      return head
    },
    readStation: (id, text) => {
      const stored = parse(id, text, MAX_STATION_LENGTH)
      if (!check(stored) || stored.station.id !== id || ![stored.version, stored.lastUpdate?.version ?? stored.version].every((version) => VERSION.test(version)) || !datesOf(stored).every(isDate)) {
        throw new FST_ICECAST_BACKPLANE_STATE(`station \`${id}\` is not as it should be`)
      }
      return freeze(id, stored)
    }
  }
}

function parse (what: string, text: string, maxLength: number): Record<string, unknown> {
  if (text.length > maxLength) throw new FST_ICECAST_BACKPLANE_STATE(`\`${what}\` is longer than ${maxLength} characters`)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch {}
  throw new FST_ICECAST_BACKPLANE_STATE(`\`${what}\` is not a JSON object`)
}

function isHead (head: Record<string, unknown>): head is Record<string, unknown> & Head {
  const { term, sequence, version, versionWithoutListeners = version, isComplete, size, time, options = '' } = head
  return [term, sequence, size].every((value) => Number.isSafeInteger(value)) && isTime(time) &&
    [version, versionWithoutListeners].every((one) => typeof one === 'string' && VERSION.test(one)) && typeof isComplete === 'boolean' &&
    typeof options === 'string' && options.length <= MAX_HASH_LENGTH
}

function datesOf ({ station, saved, pending, told }: StoredStation): string[] {
  const states = [station, saved, ...pending]
  const tracks = states.flatMap(({ track, history }) => [...track === null ? [] : [track], ...history])
  return [
    station.statusSince,
    saved.seenAt,
    ...told.standIn === null ? [] : [told.standIn.since],
    ...pending.map(({ audibleAt }) => audibleAt),
    ...states.flatMap(({ history }) => history.map(({ endedAt }) => endedAt)),
    ...tracks.flatMap(({ startedAt, audibleAt }) => [startedAt, audibleAt])
  ]
}

/** As `toISOString` writes it. */
function isDate (value: string): boolean {
  return value.length === 24 && !Number.isNaN(Date.parse(value))
}

/** Fields of an unknown name are kept, and may be nested too deeply. */
function freeze (id: string, stored: StoredStation): StoredStation {
  try {
    return deepFreeze(stored)
  } catch {
    throw new FST_ICECAST_BACKPLANE_STATE(`station \`${id}\` is nested too deeply`)
  }
}
