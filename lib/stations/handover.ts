import type { Station } from '../schemas.ts'
import type { SavedStation } from './play-tracker.ts'

/** Everything that another instance needs in order to go on with a station, as if nothing had happened. */
export interface Handover {
  /** As it is published. */
  station: Station
  /** Its plays, also those that are not audible yet. */
  saved: SavedStation
  /** The text that was unchanged for `staleTrackAfter` and is not shown any more; null: none. */
  staleText: string | null
}
