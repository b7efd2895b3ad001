import { Type, type Static } from 'typebox'

// The JSON that leaves the house. Everything here is the contract with pages and apps.

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const Time = (description: string) => Type.String({ description: `${description} ISO 8601, UTC, with milliseconds.` })

const trackFields = {
  id: Type.String({ description: 'New for each play, also when the same song comes again.' }),
  text: Type.String({ description: 'What to show.' }),
  artist: Nullable(Type.String(), 'Null where it is not known apart from the title.'),
  title: Nullable(Type.String(), 'Null where it is not known apart from the artist.'),
  raw: Type.String({ description: 'What the encoder sent, as Icecast gave it.' }),
  startedAt: Time('When the track was first seen.'),
  mount: Type.String({ description: 'The mount that it was seen on.' })
}

export const TrackSchema = Type.Object(trackFields, { description: 'One play of something on a station.' })

export const PastTrackSchema = Type.Object(
  { ...trackFields, endedAt: Time('When something else, or nothing, came after it.') },
  { description: 'A track that has ended.' })

export const MountSchema = Type.Object({
  path: Type.String(),
  live: Type.Boolean({ description: 'A source is connected to it.' }),
  listenUrl: Nullable(Type.String(), 'Where to listen, as Icecast gives it.'),
  contentType: Nullable(Type.String(), 'For example `audio/mpeg`.'),
  bitrate: Nullable(Type.Number(), 'kbit/s.'),
  listeners: Nullable(Type.Integer(), 'Null where unknown, never 0 for unknown.')
}, { description: 'A mount of the station, in the order of preference.' })

export const StatusSchema = Type.Union(
  [Type.Literal('unknown'), Type.Literal('live'), Type.Literal('stale'), Type.Literal('offline')],
  { description: '`unknown`: nothing read yet. `live`: a source is connected. `stale`: the server can not be read, the last state is held. `offline`: the server says that no source is connected.' })

export const StationSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String(), 'From the source.'),
  genre: Nullable(Type.String(), 'From the source.'),
  url: Nullable(Type.String(), 'From the source. Anyone who may broadcast can set it: check it before you link to it.'),
  status: StatusSchema,
  statusSince: Time('Since when the status is what it is.'),
  track: Nullable(TrackSchema, 'Null when nothing is known to be playing.'),
  listeners: Type.Object({
    current: Nullable(Type.Integer(), 'Over all live mounts; null where unknown.'),
    peak: Nullable(Type.Integer(), 'The peaks of all live mounts, added up; null where unknown.')
  }),
  mounts: Type.Array(MountSchema),
  history: Type.Array(PastTrackSchema, { description: 'Earlier tracks, newest first.' })
}, { description: 'What listeners know as a station: one or more mounts that carry the same programme.' })

export const NowPlayingSchema = Type.Object({
  version: Type.String({ description: 'Opaque; the `ETag` too.' }),
  stations: Type.Array(StationSchema)
}, { description: 'Every station, or those asked for.' })

export const ErrorSchema = Type.Object({
  statusCode: Type.Integer(),
  code: Type.String({ description: 'For example `FST_ICECAST_UNKNOWN_STATION`.' }),
  error: Type.String(),
  message: Type.String({ description: 'Names what was wrong and what would be right.' })
}, { description: 'An error.' })

/** `unknown`: nothing read yet; `stale`: the server can't be read, the last state is held. */
export type Status = Static<typeof StatusSchema>
/** One play of something on a station. */
export type Track = Static<typeof TrackSchema>
/** A track that has ended. */
export type PastTrack = Static<typeof PastTrackSchema>
/** A mount of a station, in the order of preference. */
export type Mount = Static<typeof MountSchema>
/** What listeners know as a station. */
export type Station = Static<typeof StationSchema>
/** The answer to `GET /now-playing`. */
export type NowPlayingList = Static<typeof NowPlayingSchema>

/** What a subscriber receives, one JSON object each. A `snapshot` comes first, at once. */
export type Message =
  | { type: 'snapshot', version: string, serverTime: string, stations: readonly Station[] }
  | { type: 'update', version: string, station: Station }
  | { type: 'heartbeat' }
  | { type: 'error', code: string, message: string }
