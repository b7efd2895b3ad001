import type { Station } from '../../lib/schemas.ts'
import { Radio } from './helper.ts'

/*
 * A simulated hour: a programme that Icecast names a little later, a DJ who takes over for a while, and a playout system
 * that tells early, late, twice, wrongly and never. Every play has a duration of its own, so that details of another play
 * are noticed. Times are seconds; a run is repeated by its seed.
 */

const HOUR = 3600
/** When a DJ is on air. */
const DJ = { from: 1500, to: 2400 }

interface Play {
  artist: string
  title: string
  from: number
  /** ms. Differs for each play. */
  duration: number
  /** How the playout system tells it. */
  habit: Habit
}

const HABITS = ['early', 'at once', 'late', 'twice', 'corrected', 'wrongly', 'never'] as const
export type Habit = typeof HABITS[number]

/** Mulberry32. */
function seeded (seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

export class ToldHour {
  readonly #random: () => number
  readonly #plays: Play[] = []
  /** What the DJ plays. */
  readonly #djTitles: Array<{ from: number, text: string }> = []
  readonly #radio: Radio
  /** How much later than the programme Icecast names a title. */
  readonly #lag: number
  readonly faults: string[] = []
  /** How many plays were published with the details that were told, by how they were told; and how many without. */
  readonly withDetails = new Map<Habit, number>()
  readonly withoutDetails = new Map<Habit, number>()

  constructor (seed: number) {
    const random = this.#random = seeded(seed)
    this.#lag = random() < 0.5 ? 0.4 : 4
    this.#radio = new Radio({ stations: { main: { mounts: ['/live', '/main'] } }, history: 100, delay: random() < 0.3 ? 20_000 : 0 })
    for (let from = 0, number = 0; from < HOUR; number++) {
      // Every fifth one is a song that was played a while ago.
      const song = number % 5 === 4 ? number - 3 : number
      const duration = Math.round(30_000 + random() * 150_000)
      this.#plays.push({ artist: `Künstler ${song}`, title: `Titel ${song}`, from, duration, habit: HABITS[Math.floor(random() * HABITS.length)] ?? 'never' })
      from += duration / 1000
    }
    for (let from = DJ.from; from < DJ.to; from += 60 + random() * 120) this.#djTitles.push({ from, text: `DJ - Set ${Math.round(from)}` })
  }

  run (): this {
    const tells = this.#plays.flatMap((play, index) => this.#tellsOf(play, index)).sort((a, b) => a.at - b.at)
    for (let second = 0; second < HOUR; second++) {
      for (; tells[0] !== undefined && tells[0].at <= second; tells.shift()) tells[0].act(Math.max(tells[0].at, 0))
      const isDj = second >= DJ.from && second < DJ.to
      const main = this.#textOf(this.#plays.findLast(({ from }) => from + this.#lag <= second))
      const live = this.#djTitles.findLast(({ from }) => from <= second)?.text ?? null
      this.#radio.reports(second + 0.01, isDj ? { '/live': live, '/main': main } : { '/main': main })
      this.#check(this.#radio.station(), second)
    }
    for (const { text, duration } of this.#radio.station().history) this.#count(text, duration)
    return this
  }

  #textOf (play: Play | undefined): string {
    return play === undefined ? 'DJ - Before' : `${play.artist} - ${play.title}`
  }

  #tellsOf (play: Play, index: number): Array<{ at: number, act: (at: number) => void }> {
    const { artist, title, from, duration, habit } = play
    const random = this.#random
    const following = this.#plays[index + 1]
    const right = { artist: artist.normalize('NFD').toUpperCase(), title, duration, album: `Album ${duration}`, next: following && { artist: following.artist, title: following.title } }
    const tell = (at: number, details: object): { at: number, act: (at: number) => void } => ({ at, act: (at) => this.#radio.tells(at, { artist, title, ...details }) })
    switch (habit) {
      case 'early': return [tell(from - random() * 10, right)]
      case 'at once': return [tell(from, right)]
      case 'late': return [tell(from + 5 + random() * 20, right)]
      case 'twice': return [tell(from, right), tell(from + 5 + random() * 20, right)]
      case 'corrected': return [tell(from, { ...right, duration: duration + 500_000 }), tell(from + 1, right)]
      case 'wrongly': return [tell(from, { ...right, title: `Nie gespielt ${index}` })]
      case 'never': return []
    }
  }

  #check ({ track, next }: Station, second: number): void {
    if (track === null || track.text.startsWith('DJ')) {
      if (next !== null || (track !== null && (track.duration !== null || track.tags !== null))) this.#fault(second, 'the DJ has details of a song')
      return
    }
    // Listeners hear it later than it was played.
    const heard = Date.parse(track.startedAt) / 1000 - Date.UTC(2026, 10, 22) / 1000
    const index = this.#plays.findLastIndex((play) => play.from <= heard && this.#textOf(play) === track.text)
    const play = this.#plays[index]
    if (play === undefined) return this.#fault(second, `${track.text} was not played`)
    const isCorrecting = play.habit === 'corrected' && second <= play.from + 30
    if (track.duration !== null && track.duration !== play.duration && !isCorrecting) this.#fault(second, `${track.text} has the duration of another play`)
    if (track.tags !== null && track.tags['album'] !== `Album ${play.duration}`) this.#fault(second, `${track.text} has the album of another play`)
    if (next !== null && next.text !== this.#textOf(this.#plays[index + 1])) this.#fault(second, `after ${track.text} comes ${next.text}`)
  }

  #count (text: string, duration: number | null): void {
    const play = this.#plays.find((play) => this.#textOf(play) === text && (duration === null || play.duration === duration))
    if (play === undefined) return
    const counts = duration === null ? this.withoutDetails : this.withDetails
    counts.set(play.habit, (counts.get(play.habit) ?? 0) + 1)
  }

  #fault (second: number, what: string): void { this.faults.push(`${second}: ${what}`) }
}
