import { test } from 'tap'
import { StartupReport } from '../../lib/log/startup-report.ts'
import { logOf } from '../helpers/log.ts'
import { mount } from '../stations/helper.ts'

const STATIONS = new Map([['main', { mounts: ['/mian.mp3'] }]])
const shows = (paths: readonly string[]) => ({ serverId: 'Icecast 2.4.4', serverStart: null, mounts: paths.map((path) => mount(path, null)) })

test('a station without a mount is logged with the mounts that Icecast shows, at most 20 of them', async (t) => {
  for (const [count, what] of [[0, /Icecast shows no mount at all$/], [1, /\(\/mian\.mp3\) are misspelt\. Icecast shows \/0$/], [22, /\/18, \/19 and 2 more$/]] as const) {
    const { log, lines } = logOf()
    new StartupReport(log, STATIONS, 1).record('http://127.0.0.1:8000', shows(Array.from({ length: count }, (_, index) => `/${index}`)))
    t.match(lines.at(-1)?.msg, what, `${count} mounts`)
  }
})

test('a station whose programme is missing is logged, although its fallback is there', async (t) => {
  const { log, lines } = logOf()
  new StartupReport(log, new Map([['main', { mounts: ['/mian.mp3'], fallbacks: ['/auto.mp3'] }]]), 1).record('http://127.0.0.1:8000', shows(['/main.mp3', '/auto.mp3']))
  t.match(lines.at(-1)?.msg, /`mounts` \(\/mian\.mp3\) are misspelt\. Icecast shows \/main\.mp3, \/auto\.mp3$/)
})
