// Thousands of pages that connect and disconnect, and a few that stop reading, in a separate process.
// pages PORT. Commands on stdin, answers on stdout, one per line:
//   connect N    opens N pages, half of which connect and disconnect from then on -> connect N
//   lack NUMBER  -> lack PAGES-WITHOUT-THE-TITLE PAGES
//   rest         pages stop disconnecting and stalling -> rest 1
//   close        the server is about to close: pages do not reconnect -> close 1
//   told         -> told PAGES-WITH-A-RETRY-DELAY PAGES
//   figures      -> figures CONNECTS STALLS RECONNECTS PROBLEMS
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { Page, type Visit } from './page.ts'

/** Average time in ms that a short-lived page stays. */
const STAYS = 50_000
const TICK = 100
/** Pages that connect at the same time at the start. */
const AT_ONCE = 100
/** Time in ms after which a disconnected page reconnects. */
const COMES_BACK = 1000
/** Time limit in ms for all pages to notice that the server has closed. */
const ENDS_WITHIN = 10_000
/** Pages that stop reading from time to time, on a station with large updates. */
const STALLERS = 20
/** ms. */
const READS = [1000, 10_000] as const
const STALLS = [2000, 30_000] as const

const port = Number(process.argv[2])
const steady = new Set<Page>()
const passing = new Set<Page>()
const stallers = new Set<Page>()
const ended: Page[] = []
const state = { isResting: false, isClosing: false }
let [came, stalls, returned, problems] = [0, 0, 0, 0]

function problem (what: string): void {
  if (++problems <= 20) console.error(`problem: ${what}`)
}

function fail (error: unknown): never {
  console.error(error)
  process.exit(1)
}

function visit (station: string, onEnd: Visit['onEnd']): Page {
  came++
  return new Page({
    port,
    station,
    transport: came % 2 === 0 ? 'webSocket' : 'eventStream',
    onProblem: problem,
    onEnd: (page, why) => {
      if (state.isClosing) ended.push(page)
      else onEnd(page, why)
    }
  })
}

/** A page that reads: until the end, or for a short time. */
function come (group: Set<Page>): void {
  group.add(visit('main', (page, why) => {
    group.delete(page)
    problem(`a page that reads was cut: ${why}`)
    come(group)
  }))
}

/** A page that stops reading, reconnects when it is dropped, and stops reading again. */
async function stall (): Promise<void> {
  let isGone = false
  const page = visit('big', () => {
    isGone = true
    returned++
    stallers.delete(page)
    setTimeout(() => stall().catch(fail), COMES_BACK)
  })
  stallers.add(page)
  for (;;) {
    await delay(between(READS))
    if (state.isResting || isGone) return
    page.pause()
    stalls++
    const until = performance.now() + between(STALLS)
    while (!state.isResting && performance.now() < until) await delay(TICK)
    page.resume()
  }
}

function between ([least, most]: readonly [number, number]): number {
  return least + Math.random() * (most - least)
}

async function connect (count: number): Promise<void> {
  while (steady.size + passing.size < count) {
    for (let some = 0; some < AT_ONCE && steady.size + passing.size < count; some++) come(steady.size < count / 2 ? steady : passing)
    while ([...steady, ...passing].some(({ shows }) => shows === -1)) await delay(10)
  }
  for (let some = 0; some < STALLERS; some++) stall().catch(fail)
  const size = passing.size
  let due = 0
  setInterval(() => {
    if (state.isResting) return
    const here = [...passing]
    for (due += size * TICK / STAYS; due >= 1; due--) {
      const [page] = here.splice(Math.floor(Math.random() * here.length), 1)
      if (page === undefined) return
      passing.delete(page)
      page.leave(Math.random() < 0.5)
      come(passing)
    }
  }, TICK)
}

const commands: Readonly<Record<string, (value: number) => Promise<string> | string>> = {
  async connect (count) {
    await connect(count)
    return `connect ${steady.size + passing.size}`
  },
  lack (number) {
    const all = [...steady, ...passing, ...state.isResting ? stallers : []]
    return `lack ${all.filter(({ shows }) => shows !== number).length} ${all.length}`
  },
  rest () {
    state.isResting = true
    return 'rest 1'
  },
  close () {
    state.isClosing = true
    return 'close 1'
  },
  async told () {
    const all = steady.size + passing.size + stallers.size
    for (const until = performance.now() + ENDS_WITHIN; ended.length < all && performance.now() < until;) await delay(TICK)
    return `told ${ended.filter(({ isTold }) => isTold).length} ${all}`
  },
  figures: () => `figures ${came} ${stalls} ${returned} ${problems}`
}

createInterface({ input: process.stdin }).on('line', async (line) => {
  const [command = '', value] = line.split(' ')
  console.log(await commands[command]?.(Number(value)))
}).on('close', () => process.exit())
