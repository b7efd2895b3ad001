import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_NOT_FOUND } from '../errors.ts'
import type { StreamEvents } from '../icecast/streams/in-band-reader.ts'
import { now } from '../state/station-updater.ts'
import { OutageLog } from './outage-log.ts'

/** Mounts whose outages are kept apart. */
const MAX_OUTAGES = 1000

/** Logs what happens to the streams that are followed on one server, whose address carries no credentials. */
export function streamEvents (log: FastifyBaseLogger, server: string): StreamEvents {
  const outages = new Map<string, OutageLog>()
  const outageOf = (path: string): OutageLog => {
    const known = outages.get(path)
    if (known !== undefined) return known
    const outage = new OutageLog(log, server, {
      component: 'in_band',
      begins: (reason) => `Cannot read titles in the stream ${path} of Icecast ${server} (${reason})`,
      ends: `Reading titles in the stream ${path} of Icecast ${server} again`
    })
    // Encoders choose the names of mounts.
    if (outages.size === MAX_OUTAGES) outages.clear()
    outages.set(path, outage)
    return outage
  }
  return {
    onFollow: (mounts) => log.info({ server, mounts }, `Reading titles of ${mounts.join(', ')} in the streams of Icecast ${server}: each takes a listener's slot and its bandwidth (option \`inBand\`)`),
    onTooMany: (mounts) => log.warn({ server, mounts }, `Titles of ${mounts.join(', ')} are not read in the streams of Icecast ${server}, since enough others are: \`inBand: 'always'\` has no limit for the mounts in \`stations\``),
    onNoDocument: (error) => log.warn({ server, err: { message: error.message } }, `Icecast ${server} shows no status document (${error.message}); its streams tell what is live, and how many listeners there are is not known`),
    // A mount without a source is no outage.
    onStreamDown: (path, error) => { if (!(error instanceof FST_ICECAST_NOT_FOUND)) outageOf(path).fail(error, now().monotonic, now().monotonic) },
    onStreamUp: (path) => { outages.get(path)?.recover(now().monotonic) }
  }
}
