import type { FastifyBaseLogger } from 'fastify'
import type { ReaderOptions } from './icecast/reader.ts'
import { FirstLook } from './first-look.ts'
import type { Settings } from './options.ts'
import { OutageLog } from './outage-log.ts'
import { now } from './watch.ts'

/** How each server is read, and what is said of it in the log. */
export function serverReaders ({ servers, ...settings }: Settings, log: FastifyBaseLogger): ReaderOptions[] {
  const firstLook = new FirstLook(log, settings.stations, servers.length)
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
        reading.recover(now().tick)
        firstLook.take(server, report)
      },
      onFailure: (error, since) => reading.fail(error, since, now().tick),
      onFeedUp: () => feed.recover(now().tick),
      onFeedDown: (error) => feed.fail(error, now().tick, now().tick),
      onRefused: (err) => log.warn({ err, server }, 'Icecast refused `auth`; reading what it shows to everyone')
    }
  })
}
