import { Type, type Static, type TObject } from 'typebox'
import type { TrackFields } from './enrich/track-fields.ts'

// The JSON that leaves the house. Everything here is the contract with pages and apps.

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const Time = (description: string) => Type.String({ description: `${description} ISO 8601, UTC, with milliseconds.` })

/** What something on air can be. */
export const KINDS = ['song', 'jingle', 'ad', 'talk', 'unknown'] as const

const KindSchema = Type.Enum(KINDS, { description: 'As `kinds` and `classify` say; else `song` where an artist is known, and `unknown`.' })

const trackFields = {
  id: Type.String({ description: 'New for each play, also when the same song comes again.' }),
  text: Type.String({ description: 'What to show.' }),
  artist: Nullable(Type.String(), 'Null where it is not known apart from the title.'),
  title: Nullable(Type.String(), 'Null where it is not known apart from the artist.'),
  raw: Type.String({ description: 'What the encoder sent, as Icecast gave it.' }),
  kind: KindSchema,
  startedAt: Time('When the track was first seen on the server.'),
  audibleAt: Time('When listeners hear it begin: later than `startedAt` by the station\'s `delay`. It is published then.'),
  mount: Type.String({ description: 'The mount that it was seen on.' })
}

const pastFields = { endedAt: Time('When something else, or nothing, came after it; on the server\'s side, as `startedAt`.') }

/** Names that are taken: no hook can give them. */
export const TRACK_FIELDS: readonly string[] = Object.keys({ ...trackFields, ...pastFields })

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

const stationFields = {
  id: Type.String(),
  name: Type.String(),
  description: Nullable(Type.String(), 'From the source.'),
  genre: Nullable(Type.String(), 'From the source.'),
  url: Nullable(Type.String(), 'From the source. Anyone who may broadcast can set it: check it before you link to it.'),
  status: StatusSchema,
  statusSince: Time('Since when the status is what it is.'),
  fallback: Type.Boolean({ description: 'What is heard comes from a later mount than the station\'s first, which has no source or can not be read.' }),
  listeners: Type.Object({
    current: Nullable(Type.Integer(), 'Over all live mounts; null where unknown.'),
    peak: Nullable(Type.Integer(), 'The peaks of all live mounts, added up; null where unknown.')
  }),
  mounts: Type.Array(MountSchema)
}

/** Of all that has tracks in it. Tracks may have fields of the user's own; any of these may be missing. */
export function trackSchemas (own: Readonly<Record<string, object>> = {}) {
  const ownFields = Object.entries(own).map(([name, schema]) => [name, Type.Optional(schema)])
  const fields = { ...trackFields, ...Object.fromEntries(ownFields) }
  const track = Type.Object(fields, { description: 'One play of something on a station.' })
  const past = Type.Array(
    Type.Object({ ...fields, ...pastFields }, { description: 'A track that has ended.' }),
    { description: 'Earlier tracks, newest first.' })
  const station = Type.Object(
    { ...stationFields, track: Nullable(track, 'Null when nothing is known to be playing.'), history: past },
    { description: 'What listeners know as a station: one or more mounts that carry the same programme.' })
  const nowPlaying = Type.Object({
    version: Type.String({ description: 'Opaque; the `ETag` too.' }),
    stations: Type.Array(station)
  }, { description: 'Every station, or those asked for.' })
  const history = Type.Object({
    station: Type.String({ description: 'The station\'s id.' }),
    history: past
  }, { description: 'The earlier tracks of a station.' })
  return { track, past, station, nowPlaying, history }
}

export const ErrorSchema = Type.Object({
  statusCode: Type.Integer(),
  code: Type.String({ description: 'For example `FST_ICECAST_UNKNOWN_STATION`.' }),
  error: Type.String(),
  message: Type.String({ description: 'Names what was wrong and what would be right.' })
}, { description: 'An error.' })

/** `unknown`: nothing read yet; `stale`: the server can't be read, the last state is held. */
export type Status = Static<typeof StatusSchema>
/** What something on air is. */
export type Kind = typeof KINDS[number]
/** One play of something on a station. */
export type Track = Static<TObject<typeof trackFields>> & TrackFields
/** A track that has ended. */
export type PastTrack = Track & Static<TObject<typeof pastFields>>
/** A mount of a station, in the order of preference. */
export type Mount = Static<typeof MountSchema>
/** What listeners know as a station. */
export type Station = Static<TObject<typeof stationFields>> & { track: Track | null, history: PastTrack[] }
/** The answer to `GET /now-playing`. */
export interface NowPlayingList { version: string, stations: Station[] }
/** The answer to `GET /now-playing/:station/history`. */
export interface History { station: string, history: PastTrack[] }

/** What a subscriber receives, one JSON object each. A `snapshot` comes first, at once. */
export type Message =
  | { type: 'snapshot', version: string, serverTime: string, heartbeat: number, stations: readonly Station[] }
  | { type: 'update', version: string, station: Station }
  | { type: 'heartbeat' }
  | { type: 'error', code: string, message: string }
