import type { MountReport } from '../../lib/icecast/report.ts'
import { mount, Radio } from './helper.ts'

/*
 * A simulated radio: an encoder, two or three servers that fail, lag and answer late, and pollers that read them. What
 * is published is compared with what happened. All times are ms since the start; a run is repeated by its seed.
 */

const PATHS = ['/main', '/low']
const DURATION = 150_000
/** At the end everything works, so that what is shown has to be right. */
const QUIET = 40_000
const INTERVAL = 1000
const TIMEOUT = 5000
/** A source that connected later than this before `offline` was published could not be known: answers take that long. */
const GRACE = 1000
const GRACE_WITH_LATE_ANSWERS = 4200

export type Fault = 'older title' | 'play that did not happen' | 'false offline' | 'missing title' | 'not live at the end'

interface Span { from: number, to: number }

interface SimulatedServer {
  /** When it can't be read. */
  outages: Span[]
  /** Reads hang until the timeout while it is out; otherwise they are refused. */
  hangs: boolean
  mounts: SimulatedMount[]
  /** What share of its answers is late, by up to four seconds. */
  slowness: number
}

interface SimulatedMount {
  path: string
  /** How much later than the encoder it shows a title. */
  lag: number
  /** When it has a source. */
  source: Span[]
  /** How long after it got the source it has no title. */
  untitled: number
}

interface Song { name: string, from: number }

type Random = () => number

const ALWAYS: Span = { from: -1e6, to: DURATION + 1e6 }

/** Mulberry32. */
function seeded (seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function makeSongs (random: Random): Song[] {
  const songs: Song[] = [{ name: 'Song 0', from: -30_000 }]
  // At the start nobody can tell which of several titles is the newest.
  for (let from = 10_000, number = 1; from < DURATION; number++) {
    songs.push({ name: `Song ${number}`, from })
    from += random() < 0.4 ? 500 + random() * 5000 : 8000 + random() * 20_000
    if (from > DURATION - QUIET && from < DURATION) from = DURATION
  }
  return songs
}

/** Most begin close to a change of songs, where they do the most harm. */
function makeOutages (random: Random, count: number, songs: Song[]): Span[] {
  return Array.from({ length: Math.floor(random() * (count + 1)) }, () => {
    const near = songs[Math.floor(random() * songs.length)]?.from ?? 0
    const at = random() < 0.3 ? random() * DURATION : near - 3000 + random() * 9000
    const from = Math.min(DURATION - QUIET, Math.max(5000, at))
    return { from, to: Math.min(DURATION - QUIET, from + 300 + random() * (random() < 0.5 ? 4000 : 25_000)) }
  })
}

function makeServers (random: Random, songs: Song[]): SimulatedServer[] {
  const count = random() < 0.6 ? 2 : 3
  const isRelayed = random() < 0.6
  const paths = PATHS.slice(0, random() < 0.6 ? 1 : 2)
  const lagOf = (server: number): number => isRelayed && (server > 0 || random() < 0.2) ? random() * 8000 : random() * 200
  const servers = Array.from({ length: count }, (_, server): SimulatedServer => ({
    outages: makeOutages(random, 3, songs),
    hangs: random() < 0.3,
    mounts: paths.map((path) => ({ path, lag: lagOf(server), source: [], untitled: random() * 2000 })),
    slowness: random() < 0.5 ? 0 : 0.2
  }))
  if (isRelayed) relay(random, servers, songs)
  else failOver(random, servers)
  return servers
}

/** All have the source. The encoder's own reconnects take it from each, those of one mount from that one. */
function relay (random: Random, servers: SimulatedServer[], songs: Song[]): void {
  const shortGaps = (count: number): Span[] => makeOutages(random, count, songs).map(({ from, to }) => ({ from, to: Math.min(to, from + 4000) }))
  const common = random() < 0.4 ? shortGaps(2) : []
  for (const mount of servers.flatMap(({ mounts }) => mounts)) {
    mount.source = without(ALWAYS, [...common, ...random() < 0.3 ? shortGaps(2) : []])
  }
}

/** The encoder is on one server, and goes to another one, often because the first has failed. */
function failOver (random: Random, servers: SimulatedServer[]): void {
  const source: Span[][] = servers.map(() => [])
  let current = 0
  let { from } = ALWAYS
  let next = 10_000 + random() * 20_000
  while (next < DURATION - QUIET) {
    source[current]?.push({ from, to: next })
    if (random() < 0.5) servers[current]?.outages.push({ from: next, to: Math.min(DURATION - QUIET, next + random() * 20_000) })
    current = (current + 1 + Math.floor(random() * (servers.length - 1))) % servers.length
    from = next + (random() < 0.5 ? 0 : random() * 1500)
    // The spare may have been down, and be back just before.
    if (random() < 0.4) servers[current]?.outages.push({ from: next - random() * 12_000, to: next - random() * 300 })
    next = from + 5000 + random() * 40_000
  }
  source[current]?.push({ from, to: ALWAYS.to })
  servers.forEach(({ mounts }, index) => {
    for (const mount of mounts) mount.source = source[index] ?? []
  })
}

function without (whole: Span, gaps: Span[]): Span[] {
  const spans: Span[] = []
  let { from } = whole
  for (const gap of gaps.sort((a, b) => a.from - b.from)) {
    if (gap.from > from) spans.push({ from, to: gap.from })
    from = Math.max(from, gap.to)
  }
  return [...spans, { from, to: whole.to }]
}

const isIn = (spans: Span[], at: number): boolean => spans.some(({ from, to }) => at >= from && at < to)
const overlaps = (spans: Span[], from: number, to: number): boolean => spans.some((span) => span.from < to && span.to > from)

export class Simulation {
  readonly #random: Random
  readonly #songs: Song[]
  readonly #servers: SimulatedServer[]
  readonly #radio: Radio
  readonly #events: Array<{ at: number, run: () => void }> = []
  readonly #pollers: Array<{ isReading: boolean, wantedSince: number | null, requestedAt: number | null, backoff: number, timer: number }>
  readonly faults = new Set<Fault>()
  /** What happened, for a person to read. */
  readonly log: string[] = []
  #now = 0
  #checked = 0
  #published: number[] = []
  #missing = 0

  constructor (seed: number) {
    this.#random = seeded(seed)
    this.#songs = makeSongs(this.#random)
    this.#servers = makeServers(this.#random, this.#songs)
    this.#pollers = this.#servers.map(() => ({ isReading: false, wantedSince: null, requestedAt: null, backoff: 1000, timer: 0 }))
    this.#radio = new Radio({ stations: { main: { mounts: PATHS } }, servers: this.#servers.length })
  }

  run (): this {
    this.log.push(JSON.stringify(this.#songs.map(({ name, from }) => `${name} ${Math.round(from)}`)), ...this.#servers.map((server) => JSON.stringify(server, (_, value: unknown) => typeof value === 'number' ? Math.round(value) : value)))
    this.#pollers.forEach((_, server) => this.#at(this.#random() * 50, () => this.#read(server)))
    for (let next = this.#take(); next !== undefined && next.at <= DURATION; next = this.#take()) {
      this.#now = next.at
      this.#radio.passes(this.#now / 1000)
      this.#check()
      next.run()
      this.#check()
      for (const server of this.#radio.takeServersToRefresh()) this.#refresh(server)
    }
    this.#checkEnd()
    return this
  }

  #take (): { at: number, run: () => void } | undefined {
    let first = 0
    for (let i = 1; i < this.#events.length; i++) if ((this.#events[i]?.at ?? 0) < (this.#events[first]?.at ?? 0)) first = i
    return this.#events.splice(first, 1)[0]
  }

  #at (at: number, run: () => void): void { this.#events.push({ at, run }) }

  #refresh (server: number): void {
    const poller = this.#pollers[server]
    if (poller === undefined) return
    poller.wantedSince ??= this.#now
    if (!poller.isReading) this.#schedule(server, 50)
  }

  #schedule (server: number, wait: number): void {
    const poller = this.#pollers[server]
    if (poller === undefined) return
    const id = ++poller.timer
    this.#at(this.#now + wait, () => { if (poller.timer === id) this.#read(server) })
  }

  #read (index: number): void {
    const poller = this.#pollers[index]
    const server = this.#servers[index]
    if (poller === undefined || server === undefined) return
    const began = this.#now
    const random = this.#random
    const wayThere = random() * 30
    const madeAt = began + wayThere
    const isOut = isIn(server.outages, madeAt)
    const wayBack = random() < server.slowness ? random() * 4000 : random() * 100
    const endsAt = isOut ? (server.hangs ? began + TIMEOUT : madeAt + random() * 10) : madeAt + wayBack
    poller.isReading = true
    poller.requestedAt = poller.wantedSince
    poller.wantedSince = null
    this.#at(endsAt, () => {
      poller.isReading = false
      if (isOut) {
        this.log.push(`${Math.round(endsAt)} server ${index} fails (read began ${Math.round(began)})`)
        this.#radio.fails(endsAt / 1000, index, began / 1000)
        poller.backoff = Math.min(5000, poller.backoff * 2)
      } else {
        const mounts = server.mounts.flatMap((simulated) => this.#document(simulated, madeAt))
        this.log.push(`${Math.round(endsAt)} server ${index}: ${mounts.map(({ path, title }) => `${path} ${title}`).join(', ') || 'no source'} (read began ${Math.round(began)})`)
        this.#radio.reads(endsAt / 1000, { serverId: null, serverStart: null, mounts }, index, began / 1000)
        poller.backoff = 1000
      }
      if (poller.requestedAt !== null) this.#radio.refreshed(endsAt / 1000, index, poller.requestedAt / 1000)
      this.#schedule(index, poller.wantedSince !== null ? 50 : isOut ? poller.backoff * (0.5 + random() / 2) : INTERVAL)
    })
  }

  #document ({ path, source, lag, untitled }: SimulatedMount, at: number): MountReport[] {
    const span = source.find(({ from, to }) => at >= from && at < to)
    if (span === undefined) return []
    const title = at < span.from + untitled && span.from > 0 ? null : this.#songAt(at - lag)?.name ?? null
    return [mount(path, { title, streamStart: String(span.from) })]
  }

  #songAt (at: number): Song | undefined { return this.#songs.findLast(({ from }) => from <= at) }

  #check (): void {
    const { changes } = this.#radio
    for (const { station, previous, isNewPlay } of changes.slice(this.#checked)) {
      this.log.push(`${Math.round(this.#now)} => ${station.status} ${station.track?.text ?? 'nothing'}${isNewPlay ? ', a new play' : ''}`)
      if (isNewPlay && station.track !== null) this.#checkPlay(Number(station.track.text.slice(5)))
      if (station.status === 'offline' && previous?.status !== 'offline') this.#checkOffline()
    }
    this.#checked = changes.length
  }

  #checkPlay (number: number): void {
    if (this.#published.includes(number)) this.#fault('play that did not happen')
    else if (number < Math.max(...this.#published)) this.#fault('older title')
    this.#published.push(number)
  }

  #checkOffline (): void {
    const from = this.#now - (this.#servers.some(({ slowness }) => slowness > 0) ? GRACE_WITH_LATE_ANSWERS : GRACE)
    const hasSource = this.#servers.some(({ mounts, outages, hangs }) => {
      return mounts.some(({ source }) => source.some((span) => span.from <= from && span.to > this.#now)) && !overlaps(outages, hangs ? from - TIMEOUT : from, this.#now)
    })
    if (hasSource) this.#fault('false offline')
  }

  #checkEnd (): void {
    const { status, track } = this.#radio.station()
    if (status !== 'live') this.#fault('not live at the end')
    if (track?.text !== this.#songAt(DURATION - QUIET / 2)?.name) this.#fault('missing title')
    this.#songs.forEach(({ from }, number) => {
      const to = this.#songs[number + 1]?.from ?? DURATION
      const isCalm = this.#servers.every(({ outages, mounts }) => {
        return !overlaps(outages, from - 20_000, to) && mounts.flatMap(({ source }) => source).every((span) => !(span.from > from - 20_000 && span.from < to) && !(span.to > from - 20_000 && span.to < to))
      })
      if (isCalm && from > 0 && to < DURATION && to - from > 8000 && !this.#published.includes(number)) this.#fault('missing title')
    })
    this.#missing = this.#songs.length - this.#published.length
  }

  #fault (fault: Fault): void {
    this.faults.add(fault)
    this.log.push(`${Math.round(this.#now)} FAULT: ${fault}`)
  }

  /** How many songs were published, and how many were not. */
  get counts (): { published: number, missing: number } { return { published: this.#published.length, missing: this.#missing } }
}
