import type { FastifyError } from 'fastify'
import { FST_ICECAST_UNKNOWN_STATION } from '../errors.ts'
import type { Station } from '../schemas.ts'
import type { StationRegistry } from '../stations/station-registry.ts'

const MOST_NAMED = 20

/** @throws FST_ICECAST_UNKNOWN_STATION */
export function getStationOrThrow (board: StationRegistry, id: string): Station {
  const station = board.get(id)
  if (station === undefined) throw unknownStation(board, id)
  return station
}

/** Names the stations there are, so that whoever asked for a wrong one finds the right one at once. */
export function unknownStation (board: StationRegistry, id: string): FastifyError {
  return new FST_ICECAST_UNKNOWN_STATION(id.slice(0, 200), nameStations(board))
}

function nameStations ({ list, isOpen }: StationRegistry): string {
  if (list.length === 0) return isOpen ? 'Icecast has not been read yet' : 'There are none'
  const more = list.length > MOST_NAMED ? ` and ${list.length - MOST_NAMED} more` : ''
  return `There are: ${list.slice(0, MOST_NAMED).map(({ id }) => `\`${id}\``).join(', ')}${more}`
}
