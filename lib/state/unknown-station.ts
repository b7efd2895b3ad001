import type { FastifyError } from 'fastify'
import { FST_ICECAST_UNKNOWN_STATION } from '../errors.ts'
import type { Station } from '../schemas.ts'
import type { ReadableState } from './version-order.ts'

/** The most stations that an error names. */
const MAX_NAMED = 20

/** The most characters of an unknown id that an error repeats. */
const MAX_ID_LENGTH = 200

/** @throws FST_ICECAST_UNKNOWN_STATION */
export function getStationOrThrow (state: ReadableState, id: string): Station {
  const station = state.get(id)
  if (station === undefined) throw unknownStation(state, id)
  return station
}

/** An error that names the known stations, so that a misspelt id is easy to correct. An app may pass anything to `tell`. */
export function unknownStation (state: ReadableState, id: string): FastifyError {
  return new FST_ICECAST_UNKNOWN_STATION(String(id).slice(0, MAX_ID_LENGTH), nameStations(state))
}

function nameStations ({ list, isComplete }: ReadableState): string {
  if (list.length === 0) return isComplete ? 'There are none' : 'Icecast has not been read yet'
  const more = list.length > MAX_NAMED ? ` and ${list.length - MAX_NAMED} more` : ''
  return `There are: ${list.slice(0, MAX_NAMED).map(({ id }) => `\`${id}\``).join(', ')}${more}`
}
