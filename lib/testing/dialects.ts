import { FST_ICECAST_FAKE } from '../errors.ts'
import type { Dialect } from './dialect.ts'
import { icecast24 } from './icecast-2.4.ts'
import { icecast25 } from './icecast-2.5.ts'
import { icecastKh } from './icecast-kh.ts'
import type { Version } from './options.ts'

const DIALECTS: Record<Version, Dialect> = { 2.4: icecast24, 2.5: icecast25, kh: icecastKh }

/** @throws FST_ICECAST_FAKE that names the versions there are */
export function dialectOf (version: Version): Dialect {
  if (!Object.hasOwn(DIALECTS, version)) throw new FST_ICECAST_FAKE(`there is no version '${version}'. There are ${Object.keys(DIALECTS).sort().join(', ')}`)
  return DIALECTS[version]
}
