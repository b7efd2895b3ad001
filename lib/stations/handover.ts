import type { Station } from '../schemas.ts'
import type { SavedStation } from './play-tracker.ts'
import type { ToldHandover } from './told-tracks.ts'

/** Everything that another instance needs in order to go on with a station, as if nothing had happened. */
export interface Handover {
  /** As it is published. */
  station: Station
  /** Its plays as the server has them. */
  saved: SavedStation
  /** What follows the published track until listeners hear what the server has, by the station's delay. `audibleAt`: ISO 8601. */
  pending: ReadonlyArray<Pick<Station, 'track' | 'history'> & { readonly audibleAt: string }>
  /** The text that was unchanged for `staleTrackAfter` and is not shown any more; null: none. */
  staleText: string | null
  /** What the playout system has told. */
  told: ToldHandover
}
