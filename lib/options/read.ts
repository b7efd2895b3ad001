import type { Classify } from '../metadata/kind.ts'
import type { ParseTrack } from '../metadata/track.ts'
import type { FastifyIcecastOptions, FastifyIcecastServersOptions, Settings } from './options.ts'
import { readBoolean, readObject, readString, unexpectedOption, readInteger } from './checks.ts'
import { readLimits, readOrigins, readRoute } from './route.ts'
import { readServers } from './servers.ts'
import { readDelay, readStations } from './stations.ts'
import { readStore } from './store.ts'
import { readEnrich, readHide, readHook, readKinds, readStaleTrackAfter } from './tracks.ts'

const KNOWN = ['url', 'auth', 'servers', 'stations', 'interval', 'live', 'reconcileInterval', 'parseTrack', 'timeout', 'maxBytes', 'staleAfter',
  'hold', 'staleTrackAfter', 'delay', 'history', 'store', 'kinds', 'classify', 'hide', 'enrich', 'trackFields', 'enrichTimeout', 'waitForEnrich',
  'heartbeat', 'route', 'limits', 'origins', 'prefix', 'logLevel', 'logSerializers']

/** @throws FST_ICECAST_INVALID_OPTION that names the option, the value and what would be right. */
export function readOptions (options: FastifyIcecastOptions | FastifyIcecastServersOptions): Settings {
  const given = readObject('options', options, 'an object with at least a `url`')
  const unknown = Object.keys(given).find((key) => !KNOWN.includes(key))
  if (unknown !== undefined) throw unexpectedOption(unknown, `there is no such option. There are ${KNOWN.join(', ')}`)
  const servers = readServers(given)
  const stations = given['stations'] === undefined ? null : readStations(given['stations'])
  return {
    servers,
    timeout: readInteger('timeout', given['timeout'], 5000, 50, 120_000),
    maxBytes: readInteger('maxBytes', given['maxBytes'], 4 * 1024 * 1024, 1024, 64 * 1024 * 1024),
    interval: readInteger('interval', given['interval'], 1000, 50, 3_600_000),
    live: readBoolean('live', given['live'], true),
    reconcileInterval: readInteger('reconcileInterval', given['reconcileInterval'], 15_000, 50, 3_600_000),
    parseTrack: readHook<ParseTrack>('parseTrack', given['parseTrack'], PARSE_TRACK),
    stations,
    mounts: stations && new Set([...stations.values()].flatMap(({ mounts }) => mounts)),
    staleAfter: readInteger('staleAfter', given['staleAfter'], 10_000, 0, 86_400_000),
    hold: readInteger('hold', given['hold'], 10_000, 0, 86_400_000),
    staleTrackAfter: readStaleTrackAfter(given['staleTrackAfter']),
    delay: readDelay('delay', given['delay']),
    history: readInteger('history', given['history'], 10, 0, 100),
    store: readStore(given['store']),
    kinds: readKinds(given['kinds']),
    classify: readHook<Classify>('classify', given['classify'], "(track, { mount, station }) => 'ad'"),
    hide: readHide(given['hide']),
    enrich: readEnrich(given),
    heartbeat: readInteger('heartbeat', given['heartbeat'], 25_000, 50, 3_600_000),
    route: readRoute(given['route']),
    limits: readLimits(given['limits']),
    origins: given['origins'] === undefined ? null : readOrigins(given['origins']),
    prefix: given['prefix'] === undefined ? '' : readString('prefix', given['prefix'], 'a path such as `/radio`')
  }
}

const PARSE_TRACK = '(raw, { mount, station }) => ({ artist, title })` that may also return `null` or `undefined'
