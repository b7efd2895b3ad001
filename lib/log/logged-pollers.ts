import type { FastifyBaseLogger } from 'fastify'
import type { ServerPollerOptions } from '../icecast/server-poller.ts'
import { StartupReport } from './startup-report.ts'
import type { Settings } from '../options/options.ts'
import { OutageLog } from './outage-log.ts'
import { now } from '../state/station-updater.ts'

/** How each server is read, and what is said of it in the log. */
export function loggedPollers ({ servers, ...settings }: Settings, log: FastifyBaseLogger): ServerPollerOptions[] {
  const firstLook = new StartupReport(log, settings.stations, servers.length)
  return servers.map(({ url, authorization }) => {
    const server = url.href
    const reading = new OutageLog(log, server, {
      begins: 'Icecast can not be read; trying again until it can', ends: 'Icecast can be read again'
    })
    const feed = new OutageLog(log, server, {
      begins: 'Icecast\'s live feed can not be followed; titles are polled meanwhile', ends: 'Icecast\'s live feed is followed again'
    })
    return {
      ...settings,
      url,
      authorization,
      onReport: (report) => {
        reading.recover(now().monotonic)
        firstLook.record(server, report)
      },
      onFailure: (error, since) => reading.fail(error, since, now().monotonic),
      onFeedUp: () => feed.recover(now().monotonic),
      onFeedDown: (error) => feed.fail(error, now().monotonic, now().monotonic),
      onCallbackError: (err) => log.error({ err, server }, 'A callback of the Icecast poller has thrown an error'),
      onRefused: (err) => log.warn({ err, server }, 'Icecast refused `auth`; reading what it shows to everyone')
    }
  })
}
