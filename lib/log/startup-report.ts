import type { FastifyBaseLogger } from 'fastify'
import type { Report } from '../icecast/report.ts'
import type { StationOptions } from '../options/options.ts'

/** Says once what the first good read of each server showed: a mount that is misspelt looks like one whose source is off. */
export class StartupReport {
  readonly #log: FastifyBaseLogger
  readonly #stations: ReadonlyMap<string, StationOptions>
  readonly #servers: number
  /** By the address of the server. */
  readonly #mounts = new Map<string, readonly string[]>()

  constructor (log: FastifyBaseLogger, stations: ReadonlyMap<string, StationOptions> | null, servers: number) {
    this.#log = log
    this.#stations = stations ?? new Map()
    this.#servers = servers
  }

  record (server: string, { serverId, mounts }: Report): void {
    if (this.#mounts.has(server)) return
    this.#mounts.set(server, mounts.map(({ path }) => path))
    this.#log.info({ server, icecast: serverId }, 'Icecast is read')
    if (this.#mounts.size < this.#servers) return
    const all = new Set([...this.#mounts.values()].flat())
    for (const [station, { mounts }] of this.#stations) {
      if (!mounts.some((mount) => all.has(mount))) this.#log.info({ station, mounts }, 'Icecast has none of this station\'s mounts yet: their sources are off, or the names are not Icecast\'s')
    }
  }
}
