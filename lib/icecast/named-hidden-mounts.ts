import type { StatusDocument } from './protocols/protocol.ts'
import type { MountReport, Report } from './report.ts'

/** ms for which a hidden mount is shown as it was last seen after Icecast has begun to reject the account. */
const HELD_MOUNT_TTL_MS = 5_000

/**
 * Decides which of the named mounts cannot be known because Icecast rejects the account: a mount that is missing from
 * the public document is then either offline or hidden. It does no I/O.
 */
export class NamedHiddenMounts {
  /** The mounts that `stations` names; null: hidden mounts are not wanted, so nothing has to be decided. */
  readonly #named: ReadonlySet<string> | null
  /** Named mounts that were live when the account last saw them, and that no public document has listed since. */
  #seenAsAdmin = new Map<string, MountReport>()
  /** Named mounts that a public document has listed: when these are missing they are offline. */
  readonly #seenPublicly = new Set<string>()
  /** The run of the server in which the account saw them. */
  #serverStart: string | null = null
  /** When (by `performance.now()`) Icecast began to reject the account; null while it accepts it. */
  #rejectedSince: number | null = null

  constructor (named: ReadonlySet<string> | null) {
    this.#named = named
  }

  /** True if the account has shown a live mount that no public document has listed since. */
  get hasSeenHidden (): boolean { return this.#seenAsAdmin.size > 0 }

  /** As above, but false after a restart of the server. */
  hasSeenHiddenInRun (serverStart: string | null): boolean {
    return this.hasSeenHidden && serverStart === this.#serverStart
  }

  /** The report with its `unknownMounts`, and for a moment with the hidden mounts that can no longer be seen. */
  complete ({ report, account, publicPaths }: StatusDocument, now: number): Report {
    const named = this.#named
    if (named === null) return report
    if (account.kind === 'accepted') {
      this.#rejectedSince = null
      this.#serverStart = report.serverStart
      this.#seenAsAdmin = new Map(account.mounts.flatMap((mount) => mount.live && named.has(mount.path) ? [[mount.path, mount]] : []))
    } else if (account.kind === 'rejected') {
      this.#rejectedSince ??= now
    }
    for (const path of publicPaths) {
      this.#seenAsAdmin.delete(path)
      if (named.has(path)) this.#seenPublicly.add(path)
    }
    if (this.#rejectedSince === null) return report
    const isHeld = this.hasSeenHiddenInRun(report.serverStart) && now - this.#rejectedSince < HELD_MOUNT_TTL_MS
    const listed = new Set(report.mounts.map(({ path }) => path))
    const missing = [...named].filter((path) => !listed.has(path) && !this.#seenPublicly.has(path))
    const held = missing.flatMap((path) => isHeld ? this.#seenAsAdmin.get(path) ?? [] : [])
    const shown = new Set(held.map(({ path }) => path))
    const unknown = new Set([...report.unknownMounts ?? [], ...missing])
    return { ...report, mounts: [...report.mounts, ...held], unknownMounts: [...unknown].filter((path) => !shown.has(path)) }
  }
}
