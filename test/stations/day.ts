import type { FakeIcecast, Fault } from '../../lib/testing/index.ts'

export const MAIN = '/main.mp3'
export const OGG = '/main.ogg'
export const FALLBACK = '/fallback.mp3'
export const PAUSE = 'Radio Main - Back soon'

const SOURCES = {
  [MAIN]: { name: 'Radio Main', bitrate: 128 },
  [OGG]: { contentType: 'application/ogg', subtype: 'Vorbis' },
  [FALLBACK]: {}
}

type Act = (icecast: FakeIcecast) => void | Promise<void>

/** What happens at a second of the day; Icecast is read right after it. */
interface Happening {
  at: number
  acts: Act[]
  /** Icecast doesn't answer. */
  hangs: boolean
}

/** What should be published of a play: from when to when it was on. */
export interface Planned {
  text: string
  from: number
  to: number
}

/** The plan of a day on air: what happens, and what listeners should be told of it. */
export class Day {
  readonly #happenings = new Map<number, Happening>()
  /** Every play, in order. */
  readonly plays: Planned[] = []
  readonly statuses: Array<[at: number, status: string]> = []
  /** When the fallback is heard, and when no longer. */
  readonly fallbacks: Array<[at: number, fallback: boolean]> = []
  #now = 0
  #seed = 1
  #songs = 0
  #hangs = false

  constructor (songs: number) {
    this.#at(0, (icecast) => {
      this.#connect(icecast, MAIN, OGG, FALLBACK)
      icecast.title(FALLBACK, PAUSE)
    })
    this.statuses.push([0, 'live'])
    const special: Record<number, () => void> = {
      60: () => this.#djTakesOver(),
      90: () => this.#djLeaves(),
      120: () => this.#mainGoes(),
      160: () => this.#icecastRestarts(),
      200: () => this.#icecastStalls(),
      230: () => this.#networkFails('reset', 4),
      260: () => this.#networkFails('html', 20)
    }
    while (this.#songs < songs) {
      this.#song()
      special[this.#songs]?.()
      if (this.#songs % 5 === 0) this.#aside('Jingle: this is Radio Main', 8)
      if (this.#songs % 12 === 0) for (const spot of [1, 2, 3]) this.#aside(`Werbung - Spot ${spot}`, 20)
    }
    this.#end()
  }

  /** In order. */
  get happenings (): Happening[] {
    return [...this.#happenings.values()].sort((a, b) => a.at - b.at)
  }

  /** The second at which the day is over. */
  get end (): number { return this.#now }

  #at (at: number, act: Act): void {
    const happening = this.#happenings.get(at) ?? { at, acts: [], hangs: this.#hangs }
    happening.acts.push(act)
    this.#happenings.set(at, happening)
  }

  /** As chance would have it, but the same each time. */
  #random (below: number): number {
    this.#seed = this.#seed * 48_271 % 2_147_483_647
    return this.#seed % below
  }

  #connect (icecast: FakeIcecast, ...mounts: Array<keyof typeof SOURCES>): void {
    for (const mount of mounts) icecast.source(mount, SOURCES[mount])
  }

  /** The next play; the one before it ends now. */
  #play (text: string): void {
    this.#end()
    this.plays.push({ text, from: this.#now, to: Infinity })
  }

  #end (): void {
    const last = this.plays.at(-1)
    if (last !== undefined) last.to = Math.min(last.to, this.#now)
  }

  /** Every seventh is one that was on before, and so is played again. */
  #nextSong (): [artist: string, title: string] {
    this.#songs++
    const number = this.#songs % 7 === 0 ? this.#songs - 5 : this.#songs
    return [`Sängerin ${number}`, `Lied ${number}`]
  }

  /** Both mounts are told, some hundred ms apart, now one first and now the other. */
  #song (): void {
    const [artist, title] = this.#nextSong()
    const isOggFirst = this.#songs % 4 === 1
    const now = this.#now
    // The first live mount speaks: it is told at `now`.
    this.#at(now, (icecast) => icecast.title(MAIN, `${artist} - ${title}`))
    this.#at(isOggFirst ? Math.max(0, now - 0.3) : now + 0.4, (icecast) => icecast.title(OGG, { artist, title }))
    this.#play(`${artist} - ${title}`)
    this.#now += 120 + this.#random(180)
  }

  /** The song on display stays, and ends when this begins. */
  #aside (text: string, seconds: number): void {
    this.#at(this.#now, (icecast) => icecast.title(MAIN, text))
    this.#end()
    this.#now += seconds
  }

  /** Another source on the mount, its title some seconds late: nothing changes until then. */
  #djTakesOver (): void {
    this.#at(this.#now, (icecast) => this.#connect(icecast, MAIN))
    this.#now += 4
    this.#at(this.#now, (icecast) => icecast.title(MAIN, 'On air: Anna'))
    this.#play('On air: Anna')
    this.#now += 90
  }

  /** Nothing names a title for longer than a track is held: the DJ's last one ends when she left. */
  #djLeaves (): void {
    this.#end()
    this.#at(this.#now, (icecast) => this.#connect(icecast, MAIN, OGG))
    this.#now += 10
    // Of the live mounts only the fallback has something to say by then.
    this.#play(PAUSE)
    this.#now += 5
  }

  #mainGoes (): void {
    this.#at(this.#now, (icecast) => {
      icecast.disconnect(MAIN)
      icecast.disconnect(OGG)
    })
    this.fallbacks.push([this.#now, true])
    this.#play(PAUSE)
    this.#now += 60
    this.#at(this.#now, (icecast) => this.#connect(icecast, MAIN, OGG))
    this.fallbacks.push([this.#now, false])
    this.#now += 2
  }

  /** The song that was on is on again: one play. */
  #icecastRestarts (): void {
    const text = this.plays.at(-1)?.text ?? ''
    this.#fail('refused', 5, (icecast) => icecast.restart())
    this.statuses.push([this.#now, 'offline'])
    this.#now += 3
    this.#at(this.#now, (icecast) => this.#connect(icecast, MAIN, OGG))
    this.statuses.push([this.#now, 'live'])
    this.#now += 1
    this.#at(this.#now, (icecast) => icecast.title(MAIN, text))
    this.#now += 20
    this.#at(this.#now, (icecast) => {
      this.#connect(icecast, FALLBACK)
      icecast.title(FALLBACK, PAUSE)
    })
    this.#now += 60
  }

  #icecastStalls (): void {
    this.statuses.push([this.#now + 10, 'stale'])
    this.#fail('hang', 30)
    this.statuses.push([this.#now, 'live'])
    this.#now += 30
  }

  /** A short failure is nobody's business; in a long one the song changes, and is seen when it is over. */
  #networkFails (fault: Fault, seconds: number): void {
    const isLong = seconds > 10
    const [artist, title] = isLong ? this.#nextSong() : []
    if (isLong) {
      this.statuses.push([this.#now + 10, 'stale'])
      this.#at(this.#now + 12, (icecast) => icecast.title(MAIN, `${artist} - ${title}`))
    }
    this.#fail(fault, seconds)
    if (isLong) {
      this.statuses.push([this.#now, 'live'])
      this.#play(`${artist} - ${title}`)
    }
    this.#now += 60
  }

  #fail (fault: Fault, seconds: number, after: (icecast: FakeIcecast) => void = () => {}): void {
    this.#hangs = fault === 'hang'
    this.#at(this.#now, (icecast) => icecast.fail(fault))
    for (let second = 1; second < seconds; second += 3) this.#at(this.#now + second, () => {})
    this.#hangs = false
    this.#now += seconds
    this.#at(this.#now, async (icecast) => {
      await icecast.recover()
      after(icecast)
    })
  }
}
