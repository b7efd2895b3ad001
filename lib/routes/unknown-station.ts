import type { FastifyError } from 'fastify'
import { FST_ICECAST_UNKNOWN_STATION } from '../errors.ts'
import type { Station } from '../schemas.ts'
import type { PublishedState } from '../state/published-state.ts'

const MOST_NAMED = 20

/** @throws FST_ICECAST_UNKNOWN_STATION */
export function getStationOrThrow (state: PublishedState, id: string): Station {
  const station = state.get(id)
  if (station === undefined) throw unknownStation(state, id)
  return station
}

/** Names the stations there are, so that whoever asked for a wrong one finds the right one at once. */
export function unknownStation (state: PublishedState, id: string): FastifyError {
  return new FST_ICECAST_UNKNOWN_STATION(id.slice(0, 200), nameStations(state))
}

function nameStations ({ list, isComplete }: PublishedState): string {
  if (list.length === 0) return isComplete ? 'There are none' : 'Icecast has not been read yet'
  const more = list.length > MOST_NAMED ? ` and ${list.length - MOST_NAMED} more` : ''
  return `There are: ${list.slice(0, MOST_NAMED).map(({ id }) => `\`${id}\``).join(', ')}${more}`
}
