import { utf8, type Bytes } from './bytes.ts'
import type { MountStats, Stat } from './statistics.ts'

const GLOBALS = new Set(['admin', 'host', 'location', 'server_id', 'server_start_iso8601'])
const OF_A_MOUNT = new Set([
  'display-title', 'genre', 'listeners', 'listenurl', 'server_description', 'server_name', 'stream_start_iso8601', 'subtype'
])

/** 2.5's `/admin/publicstats.json`: strings are always strings, and nothing is said that an administrator alone may know. */
export function publicStats (globals: Stat[], mounts: MountStats[]): Bytes {
  const sources = mounts.map(mount => `${quote(utf8(mount.path))}:${object(ofMount(mount))}`)
  return `[{"name":"icestats","ns":"http://icecast.org/specs/legacystats-0.0.1"},${object([
    ...strings(globals.filter(([name]) => GLOBALS.has(name))),
    ['modules', '{}'],
    ...sources.length === 0 ? [] : [['source', `{${sources.join(',')}}`] satisfies Stat]
  ])}]`
}

/** Its members, each with its value in JSON. */
function ofMount ({ source, stats }: MountStats): Stat[] {
  const told = stats
    .filter(([name]) => OF_A_MOUNT.has(name))
    .map(([name, value]): Stat => [name, name === 'listeners' ? value : quote(value)])
  if (source === null) return told
  const tracks = source.tracks.map(track => object(strings(track)))
  return [
    ...told,
    ['content-type', quote(source.options.contentType ?? 'audio/mpeg')],
    ['playlist', `{"playlist":{"track":[${tracks.join(',')}]}}`],
    ['metadata', object(strings(source.metadata))]
  ]
}

function strings (stats: Stat[]): Stat[] {
  return stats.map(([name, value]) => [name, quote(value)])
}

function object (members: Stat[]): Bytes {
  return `{${members.map(([name, value]) => `${quote(name)}:${value}`).join(',')}}`
}

/** Bytes that are not UTF-8 go out as they are. */
export function quote (text: Bytes): Bytes {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[^ -\xff]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`
}
