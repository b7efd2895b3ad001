import { ServerPoller } from '../../../lib/icecast/server-poller.ts'
import { NO_STREAMS } from '../../helpers/no-streams.ts'

// A process that has nothing to do but to follow a live feed. It says `up` once the feed is connected, and should then end
// by itself. With the argument `blocked` it blocks its event loop instead, and says how its reads end.

const [, , url = '', mode = ''] = process.argv
const keepRunning = setInterval(() => {}, 1000)
const say = (text: string) => { process.stdout.write(`${text}\n`) }

const poller = new ServerPoller({
  ...NO_STREAMS,
  url: new URL(url),
  authorization: `Basic ${btoa('admin:hackme')}`,
  timeout: mode === 'blocked' ? 400 : 5000,
  maxBytes: 1_000_000,
  mounts: null,
  interval: 50,
  reconcileInterval: 15_000,
  staleAfter: 86_400_000,
  live: mode !== 'blocked',
  onAccountRejected: (error) => say(error.message),
  onCallbackError: (error) => say(String(error)),
  onFeedDown: (error) => say(error.message),
  onFailure: (error) => say(error.message),
  onFeedUp () {
    say('up')
    clearInterval(keepRunning)
  },
  onReport () {
    if (mode !== 'blocked') return
    say('report')
    clearInterval(keepRunning)
    poller.stop()
  }
})
poller.start()

if (mode === 'blocked') {
  // The request is sent, and its answer arrives while the process does not run.
  setTimeout(() => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500) }, 150)
}
