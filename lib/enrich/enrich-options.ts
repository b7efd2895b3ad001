import type { Track } from '../schemas.ts'
import type { TrackFields } from './track-fields.ts'

/** A JSON Schema of an object, such as TypeBox's `Type.Object({ … })`. */
export interface ObjectSchema {
  readonly type: 'object'
  readonly properties: Readonly<Record<string, object>>
}

/**
 * Looks up more about a track: artwork, the album, links. Null or undefined means that there is nothing to add. A handler
 * that throws or exceeds `timeout` is logged; the track is then published without its fields.
 */
export type EnrichHandler = (
  track: Track, context: { readonly station: string, readonly signal: AbortSignal }
) => EnrichResult | Promise<EnrichResult>

export type EnrichResult = Partial<TrackFields> | null | undefined

export interface EnrichOptions {
  /** Called once for each song. */
  handler: EnrichHandler
  /** The fields that `handler` may add, as a TypeBox schema. Each of them may be missing. */
  schema: ObjectSchema
  /** Time limit for one call, in ms. Default: 5000. */
  timeout?: number | undefined
  /** How long a new track waits for `handler` before it is published, in ms. Default: 0, it is published at once and again with its fields. */
  wait?: number | undefined
  /** Whether the same song is looked up once for each station, for handlers whose result depends on the station. Default: false. */
  perStation?: boolean | undefined
}

/** `EnrichOptions` with the defaults filled in. */
export interface EnrichSettings {
  readonly handler: EnrichHandler
  readonly schema: ObjectSchema
  readonly timeout: number
  readonly wait: number
  readonly perStation: boolean
}
