// All times are in milliseconds. This module imports nothing, so that the bundler inlines the numbers where they are used.

/** How long a connection attempt may take to deliver its first snapshot. */
export const SNAPSHOT_TIMEOUT_MS = 8000
/** The time between two heartbeats if the server does not state it. */
export const DEFAULT_HEARTBEAT_MS = 25_000
/** The upper limit of the random delay before the first retry; it doubles with each failure. */
export const FIRST_RETRY_MS = 1000
/** The upper limit of that delay while the page is visible, or where there is no page. */
export const MAX_RETRY_MS = 5000
/** The upper limit of that delay while the page is hidden. */
export const MAX_HIDDEN_RETRY_MS = 30_000
/** The minimum delay before retrying a subscription that the server refused. */
export const REFUSED_RETRY_MS = 30_000
/** The upper limit of the delay that the server may announce. */
export const MAX_SERVER_RETRY_MS = 300_000
/** The state stays `open` when the server asks the page to return within this time, as when another backend takes over. */
export const QUIET_RETRY_MS = 3000
/** The minimum delay before a better transport, or a backend that is not `stale`, is tried while a connection is in use. */
export const UPGRADE_INTERVAL_MS = 300_000
/** The minimum lifetime of an event stream that the browser may reopen by itself, after the `retry:` delay of the server. */
export const MIN_STREAM_MS = 5000
/** The upper limit of the random delay between two long polls. */
export const POLL_PAUSE_MS = 1000
/** The upper limit of the random delay between two polls that the server answers at once. */
export const POLL_INTERVAL_MS = 5000
/** The maximum difference between the clocks of two backends that is attributed to network latency. */
export const MAX_LATENCY_MS = 2000
/** The maximum delay of a change; a change with a longer one is shown at once. */
export const MAX_DELAY_MS = 600_000
/** How many outdated snapshots in a row are skipped. The next is accepted, since all backends may be outdated. */
export const MAX_OUTDATED = 3
/** Every n-th consecutive failure, the fallback transports are tried too. */
export const FALLBACK_EVERY = 4
