import { shown, text, unescape, utf8, type Bytes } from './bytes.ts'
import { unsigned, written, type Server, type Source } from './server.ts'

/** One statistic: its name and its value. */
export type Stat = [name: string, value: Bytes]

/** A statistic that changes; null takes it away. */
export type Change = [name: string, value: Bytes | null]

/** An element of a document: its name, its text or the elements in it; attributes for XML alone. */
export type Node = [name: string, value: Bytes | Node[], attributes?: string]

/** What the statistics hold of a mount. */
export interface MountStats {
  path: string
  /** Null for the ghost of a mount that has a live fallback. */
  source: Source | null
  /** Bytewise by name. */
  stats: Stat[]
}

export interface Choice {
  /** One mount alone; null for all. */
  mount: string | null
  /** Hidden ones too. */
  hidden: boolean
  /** Host and port in `listenurl`, where it is not the configured one. */
  host?: string
  /** How a path stands in `listenurl`; as it is when absent. */
  path?: (path: string) => string
}

/** The mounts that a document or a feed tells of, bytewise by their path. */
export function mountStats (server: Server, choice: Choice): MountStats[] {
  const { host = `${server.options.hostname}:${server.port}`, path: write = path => path } = choice
  const url = (path: string): Stat => ['listenurl', utf8(`http://${host}${write(path)}`)]
  const live = [...server.sources.values()]
    .filter(source => choice.hidden || source.options.hidden !== true)
    .map(source => ({ path: source.mount, source, stats: sorted([...source.stats, ...counted(source), url(source.mount)]) }))
  const ghosts = server.ghosts().map(path => ({ path, source: null, stats: ghost(url(path)) }))
  return [...live, ...ghosts]
    .filter(({ path }) => choice.mount === null || path === choice.mount)
    .sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
}

/** Later values win, as they do in Icecast: a source may name its own statistics, but not the server's. */
function sorted (stats: Stat[]): Stat[] {
  return [...new Map(stats)].sort(([a], [b]) => a < b ? -1 : 1)
}

function counted (source: Source): Stat[] {
  return [['listener_peak', `${source.peak}`], ['listeners', unsigned(source.listeners)]]
}

function ghost (url: Stat): Stat[] {
  return [['listeners', '0'], url, ['max_listeners', 'unlimited']]
}

/** What every version knows of a source when it connects; the encoder's words as they are shown in the mount's charset. */
export function firstStats (source: Source): Stat[] {
  const { options } = source
  const words: [string, string | undefined][] = [
    ['audio_info', options.audioInfo],
    ['bitrate', options.bitrate?.toString()],
    ['genre', options.genre ?? 'various'],
    ['server_description', options.description ?? 'Unspecified description'],
    ['server_name', options.name ?? 'Unspecified name'],
    ['server_type', options.contentType ?? 'audio/mpeg'],
    ['server_url', options.url],
    ['subtype', options.subtype],
    ['user_agent', options.userAgent],
    ...Object.entries(options.stats ?? {})
  ]
  return [
    ...said(source, words),
    ['max_listeners', 'unlimited'],
    ['public', '0'],
    ['slow_listeners', '0'],
    ['source_ip', '127.0.0.1'],
    ['total_bytes_read', '0'],
    ['total_bytes_sent', '0']
  ]
}

/** The statistics that `ice-audio-info` makes of its own accord: any name that the encoder likes. */
export function audioInfo (source: Source): Stat[] {
  const pairs = source.options.audioInfo?.split(';') ?? []
  return said(source, pairs.map(pair => {
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    return [name, text(unescape(value))]
  }))
}

function said (source: Source, words: [string, string | undefined][]): Stat[] {
  return words.flatMap(([name, word]): Stat[] => {
    const value = word === undefined ? null : shown(utf8(word), source.charset)
    return value === null ? [] : [[utf8(name), value]]
  })
}

/** Sets statistics, and takes away those that are null. */
export function setStats (source: Source, stats: Change[]): void {
  for (const [name, value] of stats) {
    if (value === null) source.stats.delete(name)
    else source.stats.set(name, value)
  }
}

/** What 2.4 and 2.5 say of themselves, by name; `more`: what stands between `host` and `listener_connections`. */
export function serverStats (server: Server, id: string, more: readonly Stat[] = []): Stat[] {
  const { counters, options } = server
  return [
    ['admin', utf8(options.admin)],
    ['client_connections', `${counters.clients}`],
    ['clients', `${server.clients}`],
    ['connections', `${counters.connections}`],
    ['file_connections', '0'],
    ['host', utf8(options.hostname)],
    ...more,
    ['listener_connections', `${counters.listeners}`],
    ['listeners', `${server.totalListeners}`],
    ['location', utf8(options.location)],
    ['server_id', id],
    ['server_start', written.rfc2822(server.startedAt)],
    ['server_start_iso8601', written.iso(server.startedAt)],
    ['source_client_connections', `${counters.sources}`],
    ['source_relay_connections', '0'],
    ['source_total_connections', `${counters.sources}`],
    ['sources', `${server.sources.size}`],
    ['stats', `${server.feeds.stats}`],
    ['stats_connections', `${counters.stats}`]
  ]
}
