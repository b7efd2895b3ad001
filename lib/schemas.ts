import type { Static, TObject } from 'typebox'
import { Type } from './json-schema/type.ts'
import type { TrackFields } from './enrich/track-fields.ts'

// The JSON that is published: the contract with pages and apps. Code generators name a type by the title of its schema.

/** UTF-16 code units of each published text of a track or a source, except `raw`. */
export const MAX_TEXT_LENGTH = 512
/** UTF-16 code units of `raw`. */
export const MAX_RAW_LENGTH = 1024
/** The most entries of `tags`. */
export const MAX_TAGS = 32

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const Time = (description: string) => Type.String({ description: `${description} ISO 8601, UTC, with milliseconds.` })

const atMost = (length: number): string => `At most ${length.toLocaleString('en')} UTF-16 code units.`

const BOUNDED = atMost(MAX_TEXT_LENGTH)

/** The kinds of things that can be on air. */
export const KINDS = ['song', 'jingle', 'ad', 'talk', 'unknown'] as const

const KindSchema = Type.Enum(KINDS, { title: 'Kind', type: 'string', description: 'What the `kinds` option says; otherwise `song` if an artist is known, else `unknown`.' })

const trackFields = {
  id: Type.String({ description: 'New for each play, also when the same song is played again.' }),
  text: Type.String({ description: `The text to show. ${BOUNDED}` }),
  artist: Nullable(Type.String(), `Null if it is not known separately from the title. ${BOUNDED}`),
  title: Nullable(Type.String(), `Null if it is not known separately from the artist. ${BOUNDED}`),
  raw: Type.String({ description: `What the encoder sent, as Icecast gave it. ${atMost(MAX_RAW_LENGTH)}` }),
  kind: KindSchema,
  startedAt: Time('When the track was first seen on the server.'),
  audibleAt: Time('When listeners hear it begin: `startedAt` plus the `delay` of the station. The track is published at this time.'),
  duration: Nullable(Type.Integer(), 'In milliseconds. Null unless the playout system told it.'),
  endsAt: Nullable(Type.String(), 'When listeners are expected to hear it end: `audibleAt` plus `duration`, by the clock of the server. ISO 8601, UTC, with milliseconds. Null if the duration is not known.'),
  tags: Nullable(Type.Record(Type.String(), Type.String()), `What else is known about the track, such as \`album\`, \`isrc\` or \`date\`, from the stream or the playout system. Names are in lower case. Null if nothing is known. Each text: ${BOUNDED.toLowerCase()}`),
  mount: Type.String({ description: 'The mount on which it was seen.' })
}

const pastFields = { endedAt: Time('When another track replaced it or it ended, by the clock of the server, like `startedAt`.') }

/** Names that an `enrich` handler cannot use for its own fields. */
export const TRACK_FIELDS: readonly string[] = Object.keys({ ...trackFields, ...pastFields })

export const MountSchema = Type.Object({
  path: Type.String({ description: 'Decoded, with its leading slash.' }),
  live: Type.Boolean({ description: 'Whether a source is connected to it.' }),
  liveSince: Nullable(Type.String(), 'Since when its source is connected: ISO 8601, UTC, with milliseconds. Null if it is not live or Icecast does not say.'),
  listenUrl: Nullable(Type.String(), 'Where to listen, as Icecast gives it, with the path percent-encoded.'),
  contentType: Nullable(Type.String(), 'For example `audio/mpeg`.'),
  codec: Nullable(Type.String(), 'For example `mp3`, `aac`, `vorbis`, `opus` or `flac`. Null if it is not known.'),
  bitrate: Nullable(Type.Number(), 'In kbit/s.'),
  listeners: Nullable(Type.Integer(), 'Null if unknown, never 0 for unknown.')
}, { title: 'Mount', description: 'A mount of the station. Mounts are in order of preference.' })

/** The states of a station. */
export const STATUSES = ['unknown', 'live', 'stale', 'offline'] as const

export const StatusSchema = Type.Enum(STATUSES, {
  title: 'Status',
  type: 'string',
  description: '`unknown`: nothing has been read yet. `live`: a source is connected. `stale`: the server cannot be read and the last state is kept. `offline`: the server says that no source is connected.'
})

/** The sums over all live mounts. */
const ListenersSchema = Type.Object({
  current: Nullable(Type.Integer(), 'Sum over all live mounts; null if unknown.'),
  peak: Nullable(Type.Integer(), 'Sum of the peaks of all live mounts; null if unknown.')
}, { title: 'Listeners' })

const stationFields = {
  id: Type.String({ description: 'The name of the station in the option `stations`, or the path of its mount without the leading slash.' }),
  name: Type.String({ description: 'From the option `stations` or the source, else the id.' }),
  description: Nullable(Type.String(), `Sent by the source. ${BOUNDED}`),
  genre: Nullable(Type.String(), `Sent by the source. ${BOUNDED}`),
  url: Nullable(Type.String(), `Sent by the source. Anyone who may broadcast can set it: check it before you link to it. A longer one is null. ${BOUNDED}`),
  status: StatusSchema,
  statusSince: Time('When the status last changed.'),
  fallback: Type.Boolean({ description: 'Whether a mount other than the first one of the station is heard, since the first one has no source or cannot be read.' }),
  listeners: ListenersSchema,
  mounts: Type.Array(MountSchema)
}

const NextSchema = Type.Object({
  text: trackFields.text,
  artist: trackFields.artist,
  title: trackFields.title
}, { title: 'NextTrack', description: 'The song that comes next.' })

/** The schemas of everything that has tracks in it. `own` are the fields that an `enrich` handler adds to tracks; each may be missing. */
export function trackSchemas (own: Readonly<Record<string, object>> = {}) {
  const ownFields = Object.entries(own).map(([name, schema]) => [name, Type.Optional(schema)])
  const fields = { ...trackFields, ...Object.fromEntries(ownFields) }
  const track = Type.Object(fields, { title: 'Track', description: 'One play of something on a station.' })
  const next = Nullable(NextSchema, 'What the playout system told to come next. Null if it told nothing, and as soon as the next track begins.')
  const past = Type.Array(
    Type.Object({ ...fields, ...pastFields }, { title: 'PastTrack', description: 'A track that has ended.' }),
    { description: 'Earlier tracks, newest first.' })
  const station = Type.Object(
    { ...stationFields, track: Nullable(track, 'Null if nothing is known to be playing.'), next, history: past },
    { title: 'Station', description: 'A station as listeners know it: one or more mounts that carry the same programme.' })
  const nowPlaying = Type.Object({
    version: Type.String({ description: 'Opaque; also the `ETag`.' }),
    stations: Type.Array(station)
  }, { title: 'NowPlayingList', description: 'All stations, or the requested ones.' })
  const history = Type.Object({
    station: Type.String({ description: 'The id of the station.' }),
    history: past
  }, { title: 'History', description: 'The earlier tracks of a station.' })
  return { track, past, station, nowPlaying, history }
}

const Version = Type.String({ description: 'Opaque. Of two messages about the same station, the later one has the newer version.' })

const listenersFields = {
  type: Type.Literal('listeners'),
  version: Version,
  station: Type.String({ description: 'The id of the station.' }),
  listeners: ListenersSchema,
  mounts: Type.Record(Type.String(), Nullable(Type.Integer(), 'Null if unknown.'), {
    description: 'The listeners of each mount of the station, by path.'
  })
}

const heartbeatFields = { type: Type.Literal('heartbeat') }

const errorFields = {
  type: Type.Literal('error'),
  code: Type.String({ description: 'For example `FST_ICECAST_UNKNOWN_STATION`.' }),
  message: Type.String({ description: 'What is wrong and what would be right.' })
}

/** The schemas of the messages that subscribers receive, by type. `own` as for `trackSchemas`. */
export function messageSchemas (own: Readonly<Record<string, object>> = {}) {
  const { station } = trackSchemas(own)
  return {
    snapshot: Type.Object({
      type: Type.Literal('snapshot'),
      version: Version,
      serverTime: Time('The clock of the server.'),
      heartbeat: Type.Integer({ description: 'The time between two heartbeats, in ms.' }),
      stations: Type.Array(station)
    }, { title: 'SnapshotMessage', description: 'The state of all requested stations: the first message, sent at once.' }),
    update: Type.Object({
      type: Type.Literal('update'),
      version: Version,
      station
    }, { title: 'UpdateMessage', description: 'A station has changed. It contains the whole station and replaces everything that was received about it.' }),
    listeners: Type.Object(listenersFields, { title: 'ListenersMessage', description: 'Nothing but the numbers of listeners of a station has changed.' }),
    heartbeat: Type.Object(heartbeatFields, { title: 'HeartbeatMessage', description: 'Sent at a fixed interval, so that a client can detect a dead connection.' }),
    error: Type.Object(errorFields, { title: 'ErrorMessage', description: 'The subscription is refused; the connection is closed after this message.' })
  }
}

export const ErrorSchema = Type.Object({
  statusCode: Type.Integer(),
  code: Type.String({ description: 'For example `FST_ICECAST_UNKNOWN_STATION`.' }),
  error: Type.String({ description: 'The name of the HTTP status.' }),
  message: Type.String({ description: 'What is wrong and what would be right.' })
}, { title: 'Error', description: 'An error.' })

// Published objects are deeply frozen. A callback such as `toString` in a field of the user's own stays as it is.
type DeepReadonly<T> = T extends (...args: never[]) => unknown ? T : T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T

/** `unknown`: nothing has been read yet; `stale`: the server cannot be read and the last state is kept. */
export type Status = Static<typeof StatusSchema>
/** What kind of thing is on air. */
export type Kind = typeof KINDS[number]
/** One play of something on a station. */
export type Track = DeepReadonly<Static<TObject<typeof trackFields>> & TrackFields>
/** A track that has ended. */
export type PastTrack = Track & DeepReadonly<Static<TObject<typeof pastFields>>>
/** A mount of a station. */
export type Mount = DeepReadonly<Static<typeof MountSchema>>
/** The song that comes next, as the playout system told it. */
export type NextTrack = DeepReadonly<Static<typeof NextSchema>>
/** A station as listeners know it. */
export type Station = DeepReadonly<Static<TObject<typeof stationFields>>> &
  { readonly track: Track | null, readonly next: NextTrack | null, readonly history: readonly PastTrack[] }
/** The answer to `GET /now-playing`. */
export interface NowPlayingList { readonly version: string, readonly stations: readonly Station[] }
/** The answer to `GET /now-playing/:station/history`. */
export interface History { readonly station: string, readonly history: readonly PastTrack[] }

/** What a subscriber receives, one JSON object each. The first one is a `snapshot`, sent at once. */
export type Message =
  | { readonly type: 'snapshot', readonly version: string, readonly serverTime: string, readonly heartbeat: number, readonly stations: readonly Station[] }
  | { readonly type: 'update', readonly version: string, readonly station: Station }
  | ListenersMessage
  | { readonly type: 'heartbeat' }
  | { readonly type: 'error', readonly code: string, readonly message: string }

/** Nothing but the numbers of listeners of a station has changed. `mounts`: the listeners of each mount by its path. */
export type ListenersMessage = DeepReadonly<Static<TObject<typeof listenersFields>>>
