import { utf8, type Bytes } from './bytes.ts'
import type { Answer, Happening } from './dialect.ts'
import { hearsStats, type StatsLine } from './feeds.ts'
import { unsigned, type Server, type Source } from './server.ts'
import { audioInfo, mountStats, type Change, type Stat } from './statistics.ts'

/** The answer to `STATS`, which has no headers. */
export function statsFeed (server: Server, globals: Stat[]): Answer {
  const bytes = `HTTP/1.0 200 OK\r\n\r\n${dump(server, globals).map(({ line }) => `${line}\n`).join('')}`
  return { bytes: Buffer.from(bytes, 'latin1'), then: hearsStats(false) }
}

export function statsNews (server: Server, globals: Stat[], happening: Happening): StatsLine[] {
  switch (happening.what) {
    case 'requested': return requested(server, globals)
    case 'opened': return global(globals, 'clients', 'connections', 'stats_connections', 'stats')
    case 'connected': return connected(server, globals, happening.source)
    case 'disconnected': return [...event(happening.source.mount, 'null', null), ...global(globals, 'clients', 'sources')]
    case 'round': return round(server)
    case 'listened': return listened(globals, happening.source, happening.before)
    case 'moved': return moved(happening.source, happening.before)
    case 'changed': return changed(happening.source, happening.changes)
  }
}

// The STATS feed of 2.4 and 2.5. What a real one sends in pieces each half second comes at once here, and the bytes read
// and sent, which a real one counts aloud each 5 seconds while there is a source, do not come at all.

/** A line, if it is short enough: longer ones are lost. A LF in a value makes two of one. */
function event (mount: string, name: Bytes, value: Bytes | null): StatsLine[] {
  const line = `EVENT ${utf8(mount)} ${name} ${value ?? 'null'}`
  return line.length < 199 ? [{ line, isOpen: true }] : []
}

/** Everything, when a feed begins. Nothing marks its end. */
function dump (server: Server, globals: Stat[]): StatsLine[] {
  return [
    ...globals.flatMap(([name, value]) => event('global', name, value)),
    ...mountStats(server, { mount: null, hidden: true })
      .flatMap(({ path, stats }) => stats.flatMap(([name, value]) => event(path, name, value)))
  ]
}

function global (globals: Stat[], ...names: string[]): StatsLine[] {
  return names.flatMap(name => globals.filter(([known]) => known === name).flatMap(([, value]) => event('global', name, value)))
}

/** Somebody made a request. */
function requested (server: Server, globals: Stat[]): StatsLine[] {
  return [
    ...event('global', 'clients', `${server.clients + 1}`),
    ...global(globals, 'connections', 'client_connections', 'clients')
  ]
}

function changed (source: Source, changes: Change[]): StatsLine[] {
  return changes.flatMap(([name, value]) => event(source.mount, name, value))
}

function connected (server: Server, globals: Stat[], source: Source): StatsLine[] {
  const { mount, stats, options } = source
  const some = (name: string): StatsLine[] => [...stats].flatMap(([known, value]) => known === name ? event(mount, name, value) : [])
  const is25 = stats.has('instance_uuid')
  return [
    ...global(globals, 'clients', 'connections'),
    ...some('instance_uuid'),
    ...global(globals, 'sources'),
    ...configuration(server, source),
    ...some('source_ip'),
    ...some('user_agent'),
    ...global(globals, 'source_client_connections'),
    ...event(mount, 'listeners', '0'),
    ...is25 ? [] : changed(source, audioInfo(source)),
    ...some('audio_info'),
    // 2.5 forgets the mount here; but the next round has it.
    ...event(mount, 'listenurl', is25 ? `http://${server.options.hostname}:${server.port}` : listenUrl(server, mount)),
    ...global(globals, 'source_total_connections'),
    ...some('slow_listeners'),
    ...event(mount, 'listeners', '0'),
    ...event(mount, 'listener_peak', '0'),
    ...some('stream_start'),
    ...some('stream_start_iso8601'),
    ...some('total_bytes_read'),
    ...some('total_bytes_sent'),
    ...Object.entries(options.stats ?? {}).flatMap(([name]) => some(name)),
    ...some('subtype'),
    ...event(mount, 'listeners', '0')
  ]
}

function listened (globals: Stat[], source: Source, before: number): StatsLine[] {
  if (source.listeners < before) return [...global(globals, 'listeners', 'clients'), ...moved(source, before)]
  return [
    ...global(globals, 'clients', 'connections', 'client_connections'),
    ...moved(source, before),
    ...global(globals, 'listeners', 'listener_connections'),
    ...event(source.mount, 'listener_connections', null)
  ]
}

function moved ({ mount, listeners, peak }: Source, before: number): StatsLine[] {
  const more = [...event(mount, 'connections', null), ...event(mount, 'listener_peak', `${peak}`)]
  return [...listeners > before ? more : [], ...event(mount, 'listeners', unsigned(listeners))]
}

function listenUrl (server: Server, mount: string): Bytes {
  return utf8(`http://${server.options.hostname}:${server.port}${mount}`)
}

/**
 * After each coming and going Icecast goes through the mounts in its configuration. `null` says that one is not hidden,
 * or not there: nobody can tell.
 */
function round (server: Server): StatsLine[] {
  return [...server.configured].flatMap(mount => {
    const source = server.sources.get(mount)
    if (source !== undefined) return configuration(server, source)
    if (!server.isGhost(mount)) return event(mount, 'null', null)
    return [
      ...event(mount, 'null', null),
      ...event(mount, 'listenurl', listenUrl(server, mount)),
      ...event(mount, 'listeners', '0'),
      ...event(mount, 'max_listeners', 'unlimited')
    ]
  })
}

function configuration (server: Server, source: Source): StatsLine[] {
  const { mount, stats, options } = source
  const one = (name: string): StatsLine[] => event(mount, name, stats.get(name) ?? null)
  const some = (name: string): StatsLine[] => stats.has(name) ? one(name) : []
  return [
    ...event(mount, 'listenurl', listenUrl(server, mount)),
    ...event(mount, 'listener_peak', `${source.peak}`),
    ...some('allow-direct-access'),
    ...['public', 'server_name', 'server_description'].flatMap(one),
    ...some('server_url'),
    ...['genre', 'bitrate', 'server_type', 'authenticator', 'on_demand'].flatMap(one),
    ...event(mount, 'null', options.hidden === true ? '' : null),
    ...one('max_listeners')
  ]
}
