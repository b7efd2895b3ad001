import type { FastifyBaseLogger } from 'fastify'
import type { ServerPollerOptions } from '../icecast/server-poller.ts'
import type { Settings } from '../options/options.ts'
import { mountsOf } from '../options/stations.ts'
import { now } from '../state/station-updater.ts'
import { OutageLog } from './outage-log.ts'
import { StartupReport } from './startup-report.ts'
import { streamEvents } from './stream-events.ts'

/** The options of each server's poller, with the log messages about that server. */
export function loggedPollers ({ servers, ...settings }: Settings, log: FastifyBaseLogger): ServerPollerOptions[] {
  const { stations } = settings
  const options = [...stations?.values() ?? []]
  const programmes = stations && options.map(mountsOf)
  const fallbacks = new Set(options.flatMap(({ fallbacks = [] }) => fallbacks))
  const startup = new StartupReport(log, settings.stations, servers.length)
  return servers.map((address) => {
    const server = address.url.href
    const reads = new OutageLog(log, server, {
      component: 'server', begins: (reason) => `Cannot read Icecast ${server}; retrying (${reason})`, ends: `Icecast ${server} is readable again`
    })
    const feed = new OutageLog(log, server, {
      component: 'live_feed', begins: (reason) => `Cannot follow the live feed of Icecast ${server}; polling instead (${reason})`, ends: `Following the live feed of Icecast ${server} again`
    })
    return {
      ...settings,
      ...address,
      ...streamEvents(log, server),
      programmes,
      fallbacks,
      onReport: (report) => {
        reads.recover(now().monotonic)
        startup.record(server, report)
      },
      onFailure: (error, since) => reads.fail(error, since, now().monotonic),
      onFeedUp: () => feed.recover(now().monotonic),
      onFeedDown: (error) => feed.fail(error, now().monotonic, now().monotonic),
      onCallbackError: (err) => log.error({ err, server }, `A callback failed while Icecast ${server} was read`),
      onAccountRejected: (err) => log.warn({ err, server }, `Icecast ${server} rejected \`auth\`; falling back to the public status document`)
    }
  })
}
