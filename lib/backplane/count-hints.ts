import type { Backplane } from './backplane.ts'

/** Texts that this instance has published to the others, and that have arrived, its own included. */
export interface HintCounts {
  sent: number
  received: number
}

/** The same backplane; counts its hints in `counts`. */
export function countHints (backplane: Backplane, counts: HintCounts): Backplane {
  return {
    lead: (ms) => backplane.lead(ms),
    async leave () {
      await backplane.leave()
      counts.sent++
    },
    async write (term, state, hint) {
      const isWritten = await backplane.write(term, state, hint)
      if (isWritten) counts.sent++
      return isWritten
    },
    read: (ids) => backplane.read(ids),
    listen: ({ onHint, onLost }) => backplane.listen({
      onHint: (text) => {
        counts.received++
        onHint(text)
      },
      onLost
    }),
    async tell (text) {
      await backplane.tell(text)
      counts.sent++
    },
    close: () => backplane.close()
  }
}
