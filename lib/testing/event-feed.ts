import { randomUUID } from 'node:crypto'
import { utf8, type Bytes } from './bytes.ts'
import type { Happening } from './dialect.ts'
import type { FeedEvent } from './feeds.ts'
import { quote } from './publicstats.ts'
import type { Server, Source } from './server.ts'

/** The number of events that are kept for clients that return with a `Last-Event-ID`. */
const KEPT = 32

/** Keeps events. */
export function keep (server: Server, events: FeedEvent[]): FeedEvent[] {
  server.events.push(...events)
  server.events.splice(0, server.events.length - KEPT)
  return events
}

/** The events after an event; none if that event is unknown or too old. */
export function since (server: Server, id: string | undefined): FeedEvent[] {
  const at = server.events.findIndex(event => event.id === id)
  return at === -1 ? [] : server.events.slice(at + 1)
}

export function eventNews (server: Server, happening: Happening): FeedEvent[] {
  switch (happening.what) {
    case 'connected': return connected(happening.source)
    case 'disconnected': return [crude(happening.source, 'source-disconnect', encoder(happening.source))]
    case 'listened':
    case 'moved': return listened(server, happening.source, happening.before)
    default: return []
  }
}

function connected (source: Source): FeedEvent[] {
  return [
    crude(source, 'source-flags-changed', [], false),
    crude(source, 'source-flags-changed'),
    crude(source, 'source-connect', encoder(source)),
    crude(source, 'source-flags-changed'),
    crude(source, 'source-listeners-is-zero'),
    crude(source, 'source-listeners-changed')
  ]
}

/** One event, however many listeners connect or disconnect. */
function listened (server: Server, source: Source, before: number): FeedEvent[] {
  if (source.listeners < before) {
    return [...source.listeners === 0 ? [crude(source, 'source-listeners-is-zero')] : [], crude(source, 'source-listeners-changed')]
  }
  return [
    crude(source, 'source-listener-attach', [
      ['connection-ip', '"127.0.0.1"'],
      ['client-role', '"anonymous"'],
      ['connection-id', `${server.counters.connections}`],
      ['connection-time', `${Math.floor(server.now() / 1000)}`]
    ]),
    ...before === 0 ? [crude(source, 'source-flags-changed')] : [],
    crude(source, 'source-listeners-changed')
  ]
}

/** The events of a title, which 2.5 calls Vorbis comments. For MP3 the announcement comes first, for Ogg last. */
export function titled (source: Source, isOgg: boolean): FeedEvent[] {
  const { mount, metadata, instance } = source
  const named = metadata.find(([name]) => name === 'title' || name === 'x_icy_title')?.[1]
  const comments = metadata.map(([name, value]) => `${quote(name.toUpperCase())}:[${quote(value)}]`)
  const comment: FeedEvent = {
    id: randomUUID(),
    mount,
    data: `{"mount":${quote(utf8(mount))},"type":"vc","vc":{${comments.join(',')}},"crude":{"display-title":${
      named === undefined ? 'null' : quote(named)},"source-instance":"${instance}"}}`
  }
  const change = crude(source, 'format-metadata-changed')
  return isOgg ? [comment, change] : [change, comment]
}

function encoder ({ options, connection, startedAt }: Source): [name: string, json: Bytes][] {
  const agent = options.userAgent === undefined ? [] : [['client-useragent', quote(utf8(options.userAgent))] satisfies [string, Bytes]]
  return [
    ['connection-ip', '"127.0.0.1"'],
    ['client-role', '"legacy-global-source"'],
    ['client-username', '"source"'],
    ...agent,
    ['connection-id', `${connection}`],
    ['connection-time', `${startedAt}`]
  ]
}

function crude ({ mount, options, instance }: Source, trigger: string, more: [name: string, json: Bytes][] = [], hasType = true): FeedEvent {
  const uri = quote(utf8(mount))
  const members: [string, Bytes][] = [
    ['trigger', quote(trigger)],
    ['uri', uri],
    ...hasType ? [['source-media-type', quote(utf8(options.contentType ?? 'audio/mpeg'))] satisfies [string, Bytes]] : [],
    ['source-instance', quote(instance)],
    ...more
  ]
  const inner = members.map(([name, json]) => `${quote(name)}:${json}`).join(',')
  return { id: randomUUID(), mount, data: `{"type":"event","crude":{${inner}},"mount":${uri}}` }
}
