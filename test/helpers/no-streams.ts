import type { ServerPollerOptions } from '../../lib/icecast/server-poller.ts'

/** The options of a poller that follows no streams. */
export const NO_STREAMS = {
  inBand: false,
  programmes: null,
  onFollow () {},
  onTooMany () {},
  onNoDocument () {},
  onStreamDown () {},
  onStreamUp () {}
} satisfies Partial<ServerPollerOptions>
