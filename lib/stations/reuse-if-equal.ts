/** Returns `before` if both are the same JSON, so that a change can be detected by identity. */
export function reuseIfEqual<T> (before: T, now: T): T {
  return JSON.stringify(before) === JSON.stringify(now) ? before : now
}
