// All in ms. A file of its own, without imports: so the bundler puts the numbers where they are used.

/** That a line may take to its snapshot. */
export const FIRST_WORD = 8000
/** Between two heartbeats, where the server doesn't say. */
export const HEARTBEAT = 25_000
/** Until a line is tried again: at the most the first time, and ever. */
export const RETRY = 1000
export const RETRY_MOST = 30_000
/** Until a better line is tried again, at the least. */
export const BETTER = 300_000
/** Between two questions, at the most; the same where the server does not hold them. */
export const PAUSE = 1000
export const PAUSE_UNHELD = 5000
/** That a page may hold something back: with more it is shown at once. */
export const DELAY_MOST = 600_000
