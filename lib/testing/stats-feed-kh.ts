import { utf8, type Bytes } from './bytes.ts'
import type { Answer, Happening } from './dialect.ts'
import { hearsStats, type StatsLine } from './feeds.ts'
import { unsigned, type Server, type Source } from './server.ts'
import { audioInfo, mountStats, type Change, type MountStats, type Stat } from './statistics.ts'

/** The answer to `STATS`. */
export function statsFeed (server: Server, globals: Stat[], isLimited: boolean): Answer {
  const hears = hearsStats(isLimited)
  const first = hears({ stats: dump(server, globals), events: [] })
  return { bytes: Buffer.from(`HTTP/1.0 200 OK\r\nCapability: streamlist stats\r\n\r\n${first}`, 'latin1'), then: hears }
}

export function statsNews (server: Server, globals: Stat[], happening: Happening): StatsLine[] {
  switch (happening.what) {
    case 'requested': return global(globals, 'client_connections', 'connections')
    case 'opened': return global(globals, 'clients', 'connections', 'stats_connections')
    case 'connected': return connected(server, globals, happening.source, happening.wasGhost)
    case 'disconnected': return disconnected(globals, happening.source)
    case 'round': return newGhosts(server, happening.source.mount)
    case 'listened': return [...joined(happening.source, happening.before), ...moved(happening.source, happening.before), ...listening(globals)]
    case 'moved': return moved(happening.source, happening.before)
    case 'changed': return changed(happening.source, happening.changes)
  }
}

// The STATS feed of icecast-kh, as the administrator and, with far less in it, as the relay user hears it. Its counters,
// which make a heartbeat for the administrator, do not come here.

/** What the relay user hears of the server, and of mounts that are not hidden. */
const OPEN_GLOBALS = new Set(['admin', 'build', 'host', 'location', 'server_id', 'server_start'])
const OPEN = new Set([
  'artist', 'audio_info', 'bitrate', 'genre', 'listeners', 'max_listeners', 'metadata_updated', 'metadata_url', 'public',
  'server_description', 'server_name', 'server_type', 'server_url', 'title'
])

/** kh keeps a mount's name as it stands in a URL. */
export function escaped (path: string): Bytes {
  return path.split('/').map(encodeURIComponent).join('/')
}

function event (mount: string, name: Bytes, value: Bytes, isOpen: boolean): StatsLine {
  return { line: `EVENT ${escaped(mount)} ${name} ${value}`, isOpen }
}

function global (globals: Stat[], ...names: string[]): StatsLine[] {
  return globals.filter(([name]) => names.includes(name)).map(([name, value]) => ({ line: `EVENT global ${name} ${value}`, isOpen: false }))
}

/** The line that announces a mount. Hidden mounts are not announced. */
function born (mount: string, source: Source | null): StatsLine[] {
  if (source?.options.hidden === true) return []
  return [{ line: `NEW ${utf8(source?.options.contentType ?? 'audio/mpeg')} ${escaped(mount)}`, isOpen: true }]
}

/** Everything, when a feed begins: first the server and the names of its mounts. */
function dump (server: Server, globals: Stat[]): StatsLine[] {
  const mounts = mountStats(server, { mount: null, hidden: true, path: escaped })
  return [
    ...globals.map(([name, value]) => ({ line: `EVENT global ${name} ${value}`, isOpen: OPEN_GLOBALS.has(name) })),
    ...mounts.flatMap(({ path, source }) => born(path, source)),
    { line: 'INFO full list end', isOpen: true },
    ...mounts.flatMap(ofMount)
  ]
}

/** When it was updated comes last: what came before belongs together. */
function ofMount ({ path, source, stats }: MountStats): StatsLine[] {
  const updated = stats.filter(([name]) => name === 'metadata_updated')
  return [...stats.filter(([name]) => name !== 'metadata_updated'), ...updated]
    .map(([name, value]) => event(path, name, value, source?.options.hidden !== true && OPEN.has(name)))
}

function changed (source: Source, changes: Change[]): StatsLine[] {
  const isOpen = source.options.hidden !== true
  return changes.map(([name, value]) => value === null
    ? { line: `DELETE ${escaped(source.mount)} ${name}`, isOpen }
    : event(source.mount, name, value, isOpen && OPEN.has(name)))
}

/** How a source of kh comes in: its statistics, in the order in which the server sets them, some of them twice. */
const FIRST = [
  'connected', 'source_ip', 'stream_start', 'listenurl', 'listener_peak', 'public', 'server_name', 'server_description',
  'server_url', 'genre', 'bitrate', 'server_type', 'max_listeners'
]
const THEN = [
  'slow_listeners', 'server_type', 'listener_peak', 'listener_peak', 'listener_connections', 'total_mbytes_sent',
  'total_bytes_sent', 'total_bytes_read', 'outgoing_kbitrate', 'incoming_bitrate', 'queue_size', 'connected', 'source_ip',
  'stream_start'
]
const LAST = ['audio_codecid', 'mpeg_samplerate', 'mpeg_channels']

function connected (server: Server, globals: Stat[], source: Source, wasGhost: boolean): StatsLine[] {
  const { mount, options } = source
  const known = new Map(mountStats(server, { mount, hidden: true, path: escaped }).flatMap(({ stats }) => stats))
  const isSeen = options.hidden !== true
  const lines = (names: string[], isOpen: (name: string) => boolean): StatsLine[] => names.flatMap(name => {
    const value = known.get(name)
    return value === undefined ? [] : [event(mount, name, value, isSeen && isOpen(name))]
  })
  const never = (): boolean => false
  return [
    ...lines(FIRST, never),
    ...wasGhost || !isSeen ? [] : [...born(mount, source), ...lines([...FIRST].sort(), name => name === 'listener_peak' || OPEN.has(name))],
    ...lines(THEN, name => name === 'server_type'),
    ...lines(audioInfo(source).map(([name]) => name), never),
    ...lines(['audio_info'], name => OPEN.has(name)),
    ...lines(['user_agent'], never),
    ...lines(['listeners'], name => OPEN.has(name)),
    ...global(globals, 'clients', 'connections', 'source_client_connections', 'source_total_connections', 'sources'),
    ...lines(LAST, never)
  ]
}

function disconnected (globals: Stat[], source: Source): StatsLine[] {
  return [{ line: `DELETE ${escaped(source.mount)}`, isOpen: source.options.hidden !== true }, ...global(globals, 'clients', 'sources')]
}

/** The ghosts that came with a source, or with the end of one. */
function newGhosts (server: Server, mount: string): StatsLine[] {
  return mountStats(server, { mount: null, hidden: true, path: escaped })
    .filter(({ path, source }) => source === null && (path === mount || server.fallbackOf(path) === mount))
    .flatMap(({ path, stats }) => {
      const isUrl = ([name]: Stat): boolean => name === 'listenurl'
      const ordered = [...stats.filter(isUrl), ...stats.filter(stat => !isUrl(stat))]
      return [...born(path, null), ...ordered.map(([name, value]) => event(path, name, value, OPEN.has(name)))]
    })
}

function joined ({ mount, listeners, stats }: Source, before: number): StatsLine[] {
  return [...stats]
    .filter(([name]) => name === 'listener_connections' && listeners > before)
    .map(([name, value]) => event(mount, name, value, false))
}

function moved ({ mount, listeners, peak, options }: Source, before: number): StatsLine[] {
  return [
    event(mount, 'listeners', unsigned(listeners), options.hidden !== true),
    ...listeners > before ? [event(mount, 'listener_peak', `${peak}`, false)] : []
  ]
}

function listening (globals: Stat[]): StatsLine[] {
  return global(globals, 'client_connections', 'clients', 'connections', 'listener_connections', 'listeners')
}
