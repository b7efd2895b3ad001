import type { FieldCheck } from '../enrich/fields.ts'
import { MAX_INPUT_LENGTH } from '../metadata/repair-encoding.ts'
import { KINDS, MAX_TAGS, type PastTrack, type Track } from '../schemas.ts'
import { MAX_STATIONS } from '../stations/station-registry.ts'
import type { StationMemory } from './store.ts'

// A store may return memories of an older version or of another program, or broken ones: invalid parts are left out, and
// the rest is kept.

/** The largest value of the option `history`. */
const MAX_TRACKS = 100

/** `fields` validates the fields that `enrich` added; null when `enrich` is not used. */
export function readSavedStations (loaded: Iterable<unknown>, fields: FieldCheck | null): Map<string, StationMemory> {
  const memories = new Map<string, StationMemory>()
  for (const entry of loaded) {
    if (memories.size === MAX_STATIONS) break
    if (!Array.isArray(entry)) continue
    const [station, given]: unknown[] = entry
    const memory = readMemory(given, fields)
    if (typeof station === 'string' && memory !== null) memories.set(station, memory)
  }
  return memories
}

function readMemory (given: unknown, fields: FieldCheck | null): StationMemory | null {
  const { seenAt, track, history } = read(given)
  if (!isDate(seenAt)) return null
  const list: unknown[] = Array.isArray(history) ? history.slice(0, MAX_TRACKS) : []
  return {
    seenAt,
    track: readTrack(track, fields),
    history: list.flatMap((past) => readPast(past, fields) ?? [])
  }
}

function readPast (given: unknown, fields: FieldCheck | null): PastTrack | null {
  const track = readTrack(given, fields)
  const { endedAt } = read(given)
  return track !== null && isDate(endedAt) ? { ...track, endedAt } : null
}

function readTrack (given: unknown, fields: FieldCheck | null): Track | null {
  const { id, text, artist, title, raw, kind, startedAt, audibleAt, mount } = read(given)
  const isWhole = isText(id) && isText(text) && isTextOrNull(artist) && isTextOrNull(title) && isText(raw) && isDate(startedAt) && isDate(audibleAt) && isText(mount)
  if (!isWhole) return null
  const known = KINDS.find((one) => one === kind) ?? 'unknown'
  return { id, text, artist, title, raw, kind: known, startedAt, audibleAt, ...readDetails(given), mount, ...fields?.read(given).fields }
}

/** What an older version did not save is not known. */
function readDetails (given: unknown): Pick<Track, 'duration' | 'endsAt' | 'tags'> {
  const { duration, endsAt, tags } = read(given)
  const isDuration = typeof duration === 'number' && Number.isSafeInteger(duration) && duration > 0
  const known = Object.entries(read(tags)).filter((tag): tag is [string, string] => isText(tag[0]) && isText(tag[1])).slice(0, MAX_TAGS)
  return {
    duration: isDuration ? duration : null,
    endsAt: isDate(endsAt) ? endsAt : null,
    tags: known.length > 0 ? Object.fromEntries(known) : null
  }
}

function read (given: unknown): Record<string, unknown> {
  return typeof given === 'object' && given !== null ? { ...given } : {}
}

function isText (value: unknown): value is string {
  // A repaired title may be longer than the raw one: one letter of another alphabet can become two.
  return typeof value === 'string' && value.length <= 2 * MAX_INPUT_LENGTH
}

function isTextOrNull (value: unknown): value is string | null {
  return value === null || isText(value)
}

/** As `toISOString` writes it. */
function isDate (value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value))
}
