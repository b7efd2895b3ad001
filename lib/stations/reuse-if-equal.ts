/** The one from before if the new one says the same: who asks whether something changed need not look inside. */
export function reuseIfEqual<T> (before: T, now: T): T {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now
}
