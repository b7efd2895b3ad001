import type { FastifyError } from 'fastify'
import { FST_ICECAST_UNKNOWN_STATION } from '../errors.ts'
import type { Station } from '../schemas.ts'
import type { StationRegistry } from '../stations/station-registry.ts'

/** The most stations that an error names. */
const MAX_NAMED = 20

/** The most characters of an unknown id that an error repeats. */
const MAX_ID_LENGTH = 200

/** @throws FST_ICECAST_UNKNOWN_STATION */
export function getStationOrThrow (board: StationRegistry, id: string): Station {
  const station = board.get(id)
  if (station === undefined) throw unknownStation(board, id)
  return station
}

/** An error that names the known stations, so that a misspelt id is easy to correct. */
export function unknownStation (board: StationRegistry, id: string): FastifyError {
  return new FST_ICECAST_UNKNOWN_STATION(id.slice(0, MAX_ID_LENGTH), nameStations(board))
}

function nameStations ({ list, isOpen }: StationRegistry): string {
  if (list.length === 0) return isOpen ? 'Icecast has not been read yet' : 'There are none'
  const more = list.length > MAX_NAMED ? ` and ${list.length - MAX_NAMED} more` : ''
  return `There are: ${list.slice(0, MAX_NAMED).map(({ id }) => `\`${id}\``).join(', ')}${more}`
}
