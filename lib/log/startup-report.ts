import type { FastifyBaseLogger } from 'fastify'
import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options/options.ts'

/** A line of the log names at most this many mounts. */
const MAX_LISTED = 20

/** Logs the first good read of each server, and then the stations without a mount: a misspelt mount looks like one whose source is off. */
export class StartupReport {
  readonly #log: FastifyBaseLogger
  readonly #stations: ReadonlyMap<string, StationOptions>
  readonly #serverCount: number
  /** The mounts of each server that has been read, by its address. */
  readonly #mounts = new Map<string, readonly string[]>()

  constructor (log: FastifyBaseLogger, stations: ReadonlyMap<string, StationOptions> | null, serverCount: number) {
    this.#log = log
    this.#stations = stations ?? new Map()
    this.#serverCount = serverCount
  }

  record (server: string, { serverId, mounts }: Report): void {
    if (this.#mounts.has(server)) return
    this.#mounts.set(server, mounts.map(({ path }) => path))
    this.#log.info({ server, icecast: serverId }, `Connected to Icecast ${server}`)
    if (this.#mounts.size < this.#serverCount) return
    const known = new Set([...this.#mounts.values()].flat())
    const shown = known.size === 0 ? 'no mount at all' : list([...known])
    for (const [station, { mounts }] of this.#stations) {
      if (!mounts.some((mount) => known.has(mount))) this.#log.info({ station, mounts, shown: [...known].slice(0, MAX_LISTED) }, `Icecast shows no mount of station \`${station}\` yet: its sources are off, or its \`mounts\` (${list(mounts)}) are misspelt. Icecast shows ${shown}`)
    }
  }
}

function list (mounts: readonly string[]): string {
  const rest = mounts.length - MAX_LISTED
  return `${mounts.slice(0, MAX_LISTED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
