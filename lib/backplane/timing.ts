// Intervals and time limits of an `Instance`, in ms.

/** How long an instance leads unless it extends the time. With FOLLOW_INTERVAL_MS this limits how long nobody leads. */
export const LEASE_MS = 2700
export const RENEW_INTERVAL_MS = 900
export const FOLLOW_INTERVAL_MS = 750
export const FOLLOW_JITTER_MS = 100
export const RETRY_INTERVAL_MS = 300
export const CONTACT_TIMEOUT_MS = 1000
/** Without a usable answer for this time a follower reads Icecast itself. */
export const CUT_OFF_AFTER_MS = LEASE_MS
/** The same when the backplane answers, but nothing that can be used. */
export const UNCONFIRMED_AFTER_MS = 8000
/** When the process notices the end of its lease later than this, it was paused. */
export const MAX_LAPSE_DELAY_MS = 500
/** `app.ready()` waits for the first answer this long. */
export const START_TIMEOUT_MS = 1500
export const QUESTION_TIMEOUT_MS = 6000
export const LAST_WRITE_TIMEOUT_MS = 300
