import type { ParseTrack } from '../metadata/track.ts'
import { readBackplane } from './backplane.ts'
import { invalidOption } from '../errors.ts'
import type { InBand } from '../icecast/streams/stream-selector.ts'
import { readBoolean, readInteger, readObject, readString, rejectUnknownKeys } from './checks.ts'
import type { FastifyIcecastOptions, Settings } from './options.ts'
import { readLimits, readOrigins, readRoute } from './route.ts'
import { readServers } from './servers.ts'
import { mountsOf, readDelay, readStations } from './stations.ts'
import { readStore } from './store.ts'
import { readEnrich, readFunction, readHide, readKinds, readStaleTrackAfter } from './tracks.ts'

const KNOWN_OPTIONS = ['url', 'auth', 'ca', 'publicUrl', 'servers', 'stations', 'interval', 'live', 'reconcileInterval', 'inBand', 'parseTrack', 'timeout', 'maxBytes',
  'staleAfter', 'hold', 'staleTrackAfter', 'delay', 'history', 'store', 'backplane', 'rebalance', 'kinds', 'hide', 'enrich', 'heartbeat', 'route', 'limits', 'origins', 'prefix',
  'logLevel', 'logSerializers']

const MAX_PERIOD_MS = 3_600_000
const MAX_HOLD_MS = 86_400_000
const MIB = 1024 * 1024

/** @throws FST_ICECAST_INVALID_OPTION that names the option, the value and what would be right. */
export function readOptions (options: FastifyIcecastOptions): Settings {
  const given = readObject('options', options, 'an object with at least a `url`')
  rejectUnknownKeys('', given, KNOWN_OPTIONS)
  const servers = readServers(given)
  const stations = given['stations'] === undefined ? null : readStations(given['stations'])
  return {
    servers,
    timeout: readInteger('timeout', given['timeout'], { default: 5000, min: 50, max: 120_000, unit: 'ms' }),
    maxBytes: readInteger('maxBytes', given['maxBytes'], { default: 4 * MIB, min: 1024, max: 64 * MIB, unit: 'bytes' }),
    interval: readInteger('interval', given['interval'], { default: 1000, min: 50, max: MAX_PERIOD_MS, unit: 'ms' }),
    live: readBoolean('live', given['live'], true),
    reconcileInterval: readInteger('reconcileInterval', given['reconcileInterval'], { default: 15_000, min: 50, max: MAX_PERIOD_MS, unit: 'ms' }),
    inBand: readInBand(given['inBand']),
    parseTrack: readFunction<ParseTrack>('parseTrack', given['parseTrack'], PARSE_TRACK_SHAPE),
    stations,
    mounts: stations && new Set([...stations.values()].flatMap(mountsOf)),
    staleAfter: readInteger('staleAfter', given['staleAfter'], { default: 10_000, min: 0, max: MAX_HOLD_MS, unit: 'ms' }),
    hold: readInteger('hold', given['hold'], { default: 10_000, min: 0, max: MAX_HOLD_MS, unit: 'ms' }),
    staleTrackAfter: readStaleTrackAfter(given['staleTrackAfter']),
    delay: readDelay('delay', given['delay']),
    history: readInteger('history', given['history'], { default: 10, min: 0, max: 100 }),
    store: readStore(given['store']),
    backplane: readBackplane(given['backplane']),
    rebalance: readBoolean('rebalance', given['rebalance'], true),
    kinds: readKinds(given['kinds']),
    hide: readHide(given['hide']),
    enrich: readEnrich(given['enrich']),
    heartbeat: readInteger('heartbeat', given['heartbeat'], { default: 25_000, min: 50, max: MAX_PERIOD_MS, unit: 'ms' }),
    route: readRoute(given['route']),
    limits: readLimits(given['limits']),
    origins: given['origins'] === undefined ? null : readOrigins(given['origins']),
    prefix: given['prefix'] === undefined ? '' : readString('prefix', given['prefix'], 'a path such as `/radio`')
  }
}

const PARSE_TRACK_SHAPE = '(raw, { mount, station }) => ({ artist, title })` that may also return `null` or `undefined'

function readInBand (value: unknown): InBand {
  if (value === undefined) return 'auto'
  if (value === 'auto' || value === 'always' || value === false) return value
  throw invalidOption('inBand', value, '`\'auto\'`, `\'always\'` or `false`')
}
