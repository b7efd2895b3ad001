import { median } from '../harness/results.ts'

/** A sample of the server's state. */
export interface Sample {
  /** Time in s since the start. */
  at: number
  rss: number
  /** Heap in bytes after garbage collection, with external memory. */
  heap: number
  subscribers: number
  /** Active handles and open files, without those of subscribers. */
  handles: number
  files: number
  behind: number
  dropped: number
  skipped: number
  errors: number
}

export interface Verdict {
  what: string
  found: string
  isGood: boolean
}

/** The share of the time that counts as warm-up. */
const RUN_IN = 0.1
const MB = 1024 * 1024

/** Detects growth: compares the median of the last third with that of the first third. */
export function growth (samples: readonly Sample[]): Verdict[] {
  const after = samples.slice(Math.ceil(samples.length * RUN_IN))
  const third = Math.max(1, Math.floor(after.length / 3))
  const grows = (what: string, figure: (sample: Sample) => number, most: (first: number) => number, show: (value: number) => string): Verdict => {
    const [first, last] = [median(after.slice(0, third).map(figure)), median(after.slice(-third).map(figure))]
    return { what, found: `${show(first)} in the first third, ${show(last)} in the last`, isGood: last <= most(first) }
  }
  const megabytes = (value: number): string => `${(value / MB).toFixed(1)} MB`
  return [
    grows('The heap grows by less than 3 %', ({ heap }) => heap, (first) => first * 1.03, megabytes),
    grows('all of the memory by less than 10 %', ({ rss }) => rss, (first) => first * 1.1, megabytes),
    grows('handles by less than 20', ({ handles }) => handles, (first) => first + 20, String),
    grows('open files by less than 20', ({ files }) => files, (first) => first + 20, String)
  ]
}
