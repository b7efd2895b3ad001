import { randomUUID } from 'node:crypto'
import type { Backplane } from '../backplane/backplane.ts'
import { CONTRACT } from './backplane-contract.ts'
import { afterCut, afterWipe } from './backplane-outages.ts'
import { closes, type Contract } from './backplane-steps.ts'

export interface BackplaneTest {
  name: string
  /** Rejects if the backplane does not fulfil the contract. */
  run (): Promise<void>
}

/** What only some storages can do. Tests of what is missing are left out. */
export interface BackplaneTestHooks {
  /** Empties the whole storage, as when it is restarted without its data. */
  wipe? (): Promise<void>
  /** Cuts the connections of all that are open, for a moment. */
  cut? (): Promise<void>
}

/**
 * The contract of a `Backplane`, as tests for any runner: `for (const { name, run } of backplaneTests(open)) test(name, run)`.
 * `open` returns a new instance's backplane over the same storage each time; those with the same `name` belong together.
 * Each test uses new names. The tests must not run at the same time if there is a `wipe` or a `cut`.
 */
export function backplaneTests (open: (name: string) => Promise<Backplane> | Backplane, hooks: BackplaneTestHooks = {}): BackplaneTest[] {
  const { wipe, cut } = hooks
  const tests: Contract = {
    ...CONTRACT,
    ...wipe === undefined ? {} : afterWipe(wipe),
    ...cut === undefined ? {} : afterCut(cut)
  }
  return Object.entries(tests).map(([title, test]) => ({
    name: title,
    async run () {
      const opened: Backplane[] = []
      const name = randomUUID()
      try {
        await test(async (other = '') => {
          const backplane = await open(name + other)
          opened.push(backplane)
          return backplane
        })
      } finally {
        await Promise.all(opened.map(closes))
      }
    }
  }))
}
