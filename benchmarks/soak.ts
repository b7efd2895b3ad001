// Soak test: ten minutes of an accelerated station. Memory must not grow, and no page may miss the last title.
// soak.js [--minutes N]: results are written only if N is at least ten.
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { fakeIcecast } from '../lib/testing/index.ts'
import { needsFiles } from './harness/client.ts'
import { Program } from './harness/program.ts'
import { bench, isQuick, progress, publish, table, whole } from './harness/results.ts'
import { growth, type Sample, type Verdict } from './soak/judge.ts'
import { STATIONS, Weather } from './soak/weather.ts'

const FULL = 10
const { values: { minutes: given } } = parseArgs({ options: { minutes: { type: 'string', default: String(FULL) } } })
const minutes = Number(given)
const SUBSCRIBERS = isQuick ? 500 : 5000
/** Time in ms between two samples, and the number of samples between two checks of what all pages show. */
const SAMPLE_EVERY = minutes * 60_000 / 60
const LOOK_EVERY = 6
/** Time limit in ms for a title to reach all pages after Icecast has recovered: the plugin waits up to 5 s after a failure. */
const SEEN_WITHIN = 15_000
/** Time limit in ms for closing all connections, and then for the exit of the process. */
const CLOSES_WITHIN = 2000
const ENDS_WITHIN = 3000
const ROWS = 10
const MB = 1024 * 1024

const OPTIONS = { stations: STATIONS, interval: 100, timeout: 2000, staleAfter: 4000, limits: { slowAfter: 10_000 } }

await bench(async () => {
  if (!(minutes > 0)) throw new Error('--minutes takes a number above 0')
  needsFiles(SUBSCRIBERS)
  const icecast = await fakeIcecast()
  const weather = new Weather(icecast)
  const server = start('server', [icecast.url, JSON.stringify(OPTIONS)])
  const pages = start('pages', [String(await server.port())])
  const samples: Sample[] = []
  let looks = 0
  let missed = 0
  /** Keeps a title until all pages show it. */
  const look = async (): Promise<void> => {
    const number = await weather.hold()
    const until = performance.now() + SEEN_WITHIN
    let [lack, all] = [NaN, NaN]
    do {
      await delay(100);
      [lack = NaN, all = NaN] = await pages.ask(`lack ${number}`)
    } while (lack > 0 && performance.now() < until)
    progress(`title ${number} is on ${all - lack} of ${all} pages`)
    looks++
    missed += lack
    weather.goOn()
  }

  progress(`${SUBSCRIBERS} pages come`)
  await pages.ask(`connect ${SUBSCRIBERS}`)
  weather.begin()
  const began = performance.now()
  for (let turn = 1; performance.now() < began + minutes * 60_000; turn++) {
    await delay(SAMPLE_EVERY)
    const sample = await take(server, (performance.now() - began) / 1000)
    samples.push(sample)
    progress(`${sample.at.toFixed(0)} s: ${cells(sample).slice(1).join(', ')}; title ${weather.title}, ${weather.failures} failures`)
    if (turn % LOOK_EVERY === 0) await look()
  }
  await pages.ask('rest')
  await look()
  const { dropped, skipped, errors } = await take(server, NaN)
  const [came = NaN, stalls = NaN, returned = NaN, problems = NaN] = await pages.ask('figures')
  await pages.ask('close')
  const [closed = NaN] = await server.ask('close')
  const ended = await server.ended(ENDS_WITHIN)
  const [told = NaN, of = NaN] = await pages.ask('told')
  await Promise.all([server.end(), pages.end(), icecast.close()])

  const verdicts: Verdict[] = [
    { what: 'No page missed the last title', found: `${looks} checks, titles that a page missed: ${missed}`, isGood: missed === 0 },
    { what: 'No lost connection, broken or reordered message', found: whole(problems), isGood: problems === 0 },
    ...growth(samples),
    { what: 'The server has logged no error', found: whole(errors), isGood: errors === 0 },
    { what: 'Each client is told when to reconnect', found: `${told} of ${of}`, isGood: told === of },
    { what: `Closing takes less than ${CLOSES_WITHIN} ms`, found: `${whole(closed)} ms`, isGood: closed < CLOSES_WITHIN },
    { what: 'The process exits by itself', found: ended ?? 'it does not', isGood: ended === '0' }
  ]
  const every = Math.max(1, Math.round(samples.length / ROWS))
  publish('soak', 'Soak test', `
${whole(SUBSCRIBERS)} subscribers over ${minutes} minutes, half over WebSocket and half over event streams, in a separate process: half of them stay, half
connect and disconnect, ${whole(came)} connections in total. One title a second, from an Icecast that failed ${weather.failures} times in fourteen ways (refuses, hangs, sends
garbage, restarts …) for some seconds each. Twenty more subscribers stopped reading ${whole(stalls)} times on a station with large updates: they did not receive
${whole(skipped)} updates that newer updates had replaced, ${whole(dropped)} times a subscriber was dropped, and ${whole(returned)} times a subscriber reconnected. Memory is
measured after garbage collection; handles and files are those without subscribers.

${table(['s', 'subscribers', 'heap, MB', 'RSS, MB', 'handles', 'files', 'behind'], samples.filter((_, at) => at % every === every - 1).map(cells))}

${table(['', '', ''], verdicts.map(({ what, found, isGood }) => [what, found, isGood ? 'yes' : '**NO**']))}
`, { isWritten: minutes >= FULL && !isQuick })
  if (verdicts.some(({ isGood }) => !isGood)) throw new Error('not all is well')
})

function start (name: string, args: readonly string[]): Program {
  return new Program(process.execPath, ['--expose-gc', fileURLToPath(new URL(`./soak/${name}.js`, import.meta.url)), ...args])
}

async function take (server: Program, at: number): Promise<Sample> {
  const [rss = NaN, heap = NaN, handles = NaN, files = NaN, subscribers = NaN, behind = NaN, dropped = NaN, skipped = NaN, errors = NaN] = await server.ask('figures')
  return { at, rss, heap, subscribers, handles: handles - subscribers, files: files - subscribers, behind, dropped, skipped, errors }
}

function cells ({ at, subscribers, heap, rss, handles, files, behind }: Sample): string[] {
  return [at.toFixed(0), whole(subscribers), (heap / MB).toFixed(1), (rss / MB).toFixed(0), String(handles), String(files), String(behind)]
}
