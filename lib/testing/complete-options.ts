import { FST_ICECAST_FAKE } from '../errors.ts'
import type { FakeIcecastOptions } from './options.ts'

const DEFAULTS: FakeIcecastOptions = {
  version: '2.4',
  port: 0,
  auth: { username: 'admin', password: 'hackme' },
  limited: { username: 'relay', password: 'hackme' },
  hostname: 'localhost',
  location: 'Earth',
  admin: 'icemaster@localhost',
  lag: 0,
  firstTitleLag: 0,
  clients: Infinity,
  documents: true,
  burst: 0,
  metadataInterval: 16_000
}

/**
 * The options with their defaults. An option that is undefined has its default.
 * @throws FST_ICECAST_FAKE for an unknown option, since a misspelt one would leave its default in effect, and for a `metadataInterval` below 1
 */
export function completeOptions (options: Partial<FakeIcecastOptions>): FakeIcecastOptions {
  const known = [...Object.keys(DEFAULTS), 'now']
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new FST_ICECAST_FAKE(`there is no option \`${unknown}\`. There are ${known.sort().join(', ')}`)
  const { metadataInterval = DEFAULTS.metadataInterval } = options
  if (!(metadataInterval >= 1)) throw new FST_ICECAST_FAKE(`\`metadataInterval\` is ${metadataInterval}; it has to be at least 1 byte`)
  return { ...DEFAULTS, ...Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) }
}
