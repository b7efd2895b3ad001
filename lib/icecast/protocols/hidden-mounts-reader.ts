import { FST_ICECAST_UNAUTHORIZED } from '../../errors.ts'
import { parseAdminStats } from '../documents/admin-stats.ts'
import type { NamedHiddenMounts } from '../named-hidden-mounts.ts'
import { getDocument, isRefusal, type Connection } from '../request.ts'
import type { AccountAnswer } from './protocol.ts'
import { retryTimeAfter } from './retry-time.ts'

/** Reads, with the account, the mounts that `stations` names and that Icecast 2.5 does not show in public. */
export class HiddenMountsReader {
  readonly #account: Connection
  readonly #named: ReadonlySet<string> | null
  readonly #hiddenMounts: NamedHiddenMounts
  /** The account is not asked before this time (by `performance.now()`): it may not see hidden mounts. */
  #retryAt = -Infinity

  constructor (account: Connection, named: ReadonlySet<string> | null, hiddenMounts: NamedHiddenMounts) {
    this.#account = account
    this.#named = named
    this.#hiddenMounts = hiddenMounts
  }

  async read (publicPaths: readonly string[], signal: AbortSignal): Promise<AccountAnswer> {
    const wanted = new Set(this.#named)
    for (const path of publicPaths) wanted.delete(path)
    if (wanted.size === 0 || this.#account.authorization === null) return { kind: 'not-asked' }
    const wasSeen = this.#hiddenMounts.hasSeenHidden
    if (!wasSeen && performance.now() < this.#retryAt) return { kind: 'not-asked' }
    try {
      const { mounts } = parseAdminStats(await getDocument(this.#account, 'admin/stats', signal))
      return { kind: 'accepted', mounts: mounts.filter(({ path }) => wanted.has(path)) }
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#retryAt = retryTimeAfter(error)
      const isLimited = !wasSeen && error instanceof FST_ICECAST_UNAUTHORIZED && await this.#isKnownAccount(signal)
      return isLimited ? { kind: 'accepted', mounts: [] } : { kind: 'rejected', error }
    }
  }

  /** True for an account of 2.5 whose role may not see hidden mounts: Icecast knows it, and it sees what everyone sees. */
  async #isKnownAccount (signal: AbortSignal): Promise<boolean> {
    try {
      await getDocument(this.#account, 'admin/publicstats.json', signal)
      return true
    } catch (error) {
      if (!isRefusal(error)) throw error
      return false
    }
  }
}
