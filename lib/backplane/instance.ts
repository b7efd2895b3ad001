import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_BACKPLANE_STATE, FST_ICECAST_BACKPLANE_TIMEOUT } from '../errors.ts'
import { OutageLog, type OutageState } from '../log/outage-log.ts'
import { ownRun, runOf, type PublishedState } from '../state/published-state.ts'
import { isSamePlay } from '../state/same-play.ts'
import type { SharedClock } from '../state/shared-clock.ts'
import type { StationUpdater } from '../state/station-updater.ts'
import type { Handover } from '../stations/handover.ts'
import type { SavedStation } from '../stations/play-tracker.ts'
import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane } from './backplane.ts'
import { encodeAnswer, readMessage, type Question } from './messages.ts'
import { Questions } from './questions.ts'
import { isAfter, StateMirror, type MirroredState, type Position } from './state-mirror.ts'
import { StateWriter } from './state-writer.ts'
import type { StateReader } from './stored-state.ts'

/**
 * - `starting`: nothing is known yet.
 * - `leading`: reads Icecast, publishes and writes to the backplane.
 * - `following`: publishes what the leader has written.
 * - `waiting`: has led, and may not publish until it is known who leads.
 * - `alone`: the backplane cannot be used: reads Icecast and publishes by itself, beginning from what was known.
 */
type Mode = 'starting' | 'leading' | 'following' | 'waiting' | 'alone' | 'closed'

export interface InstanceOptions {
  /** Not used by anyone else. */
  backplane: Backplane
  state: PublishedState
  updater: StationUpdater
  clock: SharedClock
  reader: StateReader
  log: FastifyBaseLogger
  /** The ids of the configured stations; empty when stations are discovered. */
  configured: ReadonlySet<string>
  /** Answers what other instances ask for while this one reads Icecast, by the type of the question. */
  answers?: Readonly<Record<string, (text: string) => string | Promise<string>>>
}

/** How long an instance leads unless it extends the time. With FOLLOW_INTERVAL_MS this limits how long nobody leads. */
const LEASE_MS = 2700
const RENEW_INTERVAL_MS = 900
const FOLLOW_INTERVAL_MS = 750
const FOLLOW_JITTER_MS = 100
const RETRY_INTERVAL_MS = 300
const CONTACT_TIMEOUT_MS = 1000
/** How often a follower compares its state with the one in the backplane, whatever the hints say. */
const CHECK_INTERVAL_MS = 3000
/** Without a usable answer for this time a follower reads Icecast itself. */
const CUT_OFF_AFTER_MS = LEASE_MS
/** The same when the backplane answers, but nothing that can be used. */
const UNCONFIRMED_AFTER_MS = 8000
/** When the process notices the end of its lease later than this, it was paused. */
const MAX_LAPSE_DELAY_MS = 500
/** `app.ready()` waits for the first answer this long. */
const START_TIMEOUT_MS = 1500
/** A state that was written longer ago is not what is playing now. The leader writes every 5 s. */
const MAX_STATE_AGE_MS = 60_000
/** An answer of a leader shows for this time that it leads. */
const LIVE_TTL_MS = 3000
const NOBODY = { term: 0, at: -Infinity }
const QUESTION_TIMEOUT_MS = 6000
const LAST_WRITE_TIMEOUT_MS = 300
const LEAVE_TIMEOUT_MS = 300
const CLOSE_TIMEOUT_MS = 1000

/** One of several instances that publish the same state: decides whether it leads, follows, or has to go on by itself. */
export class Instance {
  readonly #options: InstanceOptions
  readonly #mirror: StateMirror
  readonly #writer: StateWriter
  readonly #questions: Questions
  readonly #outage: OutageLog
  /** What `store` has kept, for the first reads if the backplane knows nothing. */
  #saved: ReadonlyMap<string, SavedStation> = new Map()
  #mode: Mode = 'starting'
  #term = 0
  /** Until when this instance leads, by the monotonic clock in ms. */
  #leadsUntil = -Infinity
  #lapseTimer: NodeJS.Timeout | undefined
  /** It has led until it was alone, or nobody else is known. */
  #leadsAlone = false
  /** The monotonic time in ms of the last answer of the backplane; null before the first. */
  #answeredAt: number | null = null
  #isFailing = false
  /** When the state was last known to be the leader's, by the monotonic clock in ms. */
  #confirmedAt = performance.now()
  #checkAt = -Infinity
  /** The leader that has last answered a question, and when. A message that arrives may have been sent long ago, an answer was not. */
  #live = NOBODY
  #wake: (() => void) | null = null
  #isPoked = false
  #contacting: Promise<void> = Promise.resolve()
  #closing: Promise<void> | null = null

  constructor (options: InstanceOptions) {
    const { backplane, state, updater, clock, log } = options
    this.#options = options
    this.#outage = new OutageLog(log, null, {
      component: 'backplane',
      begins: (reason) => `The backplane cannot be used; this instance reads Icecast itself until then (${reason})`,
      ends: 'The backplane can be used again'
    })
    this.#mirror = new StateMirror({
      ...options,
      onFailure: () => {
        this.#checkAt = -Infinity
        this.#poke()
      }
    })
    this.#writer = new StateWriter({
      backplane,
      state,
      clock,
      toHandover: (id) => updater.toHandover(id),
      onRefused: () => {
        if (this.#mode === 'leading') this.#suspend()
        this.#poke()
      }
    })
    this.#questions = new Questions(backplane)
    updater.gate = { mayPublish: () => this.#mayPublish(), onRead: () => { if (this.#mode === 'leading') this.#writer.noteRead() } }
  }

  /** Whether this instance leads: for what must happen once. While the backplane cannot be used, the last leader still counts as leading. */
  get leads (): boolean {
    return this.#mode === 'leading' ? performance.now() < this.#leadsUntil : this.#mode === 'alone' && this.#leadsAlone
  }

  /** Whether the backplane works, and whether its stations can be used. */
  get outages (): OutageState[] { return [this.#outage.state, this.#mirror.outage] }

  /** Resolves when it is known whether this instance leads, or after 1.5 s. `saved`: what `store` has kept. */
  async start (saved: ReadonlyMap<string, SavedStation>): Promise<void> {
    this.#saved = saved
    this.#listen()
    await withTimeout(START_TIMEOUT_MS, 'answer', () => new Promise<void>((resolve) => { this.#run(resolve) })).catch(() => {})
  }

  /** A station has changed in a way that is not published yet. */
  note (station: string): void { this.#writer.note(station) }

  /** Asks the instance that reads Icecast, which may be this one. Resolves to null when there is no answer within 6 s, or when the text is too long. */
  async ask (type: string, text: string): Promise<string | null> {
    if (this.#reads) return await this.#answer(type, text)
    const answer = await this.#questions.ask(type, text, QUESTION_TIMEOUT_MS)
    if (answer === null) return null
    await this.#mirror.whenUpTo(answer, CONTACT_TIMEOUT_MS)
    return answer.text
  }

  /** Makes the instance that leads read Icecast now. Resolves to true when what it read has arrived here. */
  async refresh (): Promise<boolean> {
    return await this.ask('refresh', '') === 'true'
  }

  /** Hands over at once. Never rejects. */
  async close (): Promise<void> {
    this.#closing ??= this.#close()
    await this.#closing
  }

  get #reads (): boolean { return this.#mode === 'leading' || this.#mode === 'alone' }

  async #close (): Promise<void> {
    const { backplane, updater } = this.#options
    const mode = this.#mode
    const stopped = updater.stop()
    this.#mirror.unfollow()
    this.#questions.close()
    if (mode === 'leading') await settled(LAST_WRITE_TIMEOUT_MS, () => this.#writer.settled())
    this.#mode = 'closed'
    this.#writer.end()
    clearTimeout(this.#lapseTimer)
    this.#wake?.()
    // An attempt to lead may be under way.
    await settled(LEAVE_TIMEOUT_MS, () => this.#contacting)
    await settled(LEAVE_TIMEOUT_MS, () => backplane.leave())
    await settled(CLOSE_TIMEOUT_MS, () => backplane.close())
    await stopped
  }

  async #listen (): Promise<void> {
    while (this.#mode !== 'closed') {
      try {
        await this.#options.backplane.listen({
          onHint: (text) => this.#receive(text),
          onLost: () => {
            this.#checkAt = -Infinity
            this.#poke()
          }
        })
        this.#checkAt = -Infinity
        this.#poke()
        return
      } catch {
        await new Promise((resolve) => { setTimeout(resolve, CONTACT_TIMEOUT_MS).unref() })
      }
    }
  }

  async #run (onFirst: () => void): Promise<void> {
    while (this.#mode !== 'closed') {
      this.#isPoked = false
      this.#contacting = this.#contact()
      await this.#contacting
      onFirst()
      const isLeader = this.#mode === 'leading'
      const wait = this.#isFailing ? RETRY_INTERVAL_MS : isLeader ? RENEW_INTERVAL_MS : FOLLOW_INTERVAL_MS + Math.random() * FOLLOW_JITTER_MS
      await this.#sleep(wait)
    }
  }

  async #sleep (ms: number): Promise<void> {
    if (this.#mode === 'closed' || this.#isPoked) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }

  /** Contacts the backplane at once. */
  #poke (): void {
    this.#isPoked = true
    this.#wake?.()
  }

  /** Tries to lead, and does what follows from the answer. Never rejects. */
  async #contact (): Promise<void> {
    const { backplane } = this.#options
    const sentAt = performance.now()
    try {
      const term = await withTimeout(CONTACT_TIMEOUT_MS, 'elect a leader', () => backplane.lead(LEASE_MS), FST_ICECAST_BACKPLANE_TIMEOUT)
      if (this.#closing !== null) return
      if (term === null) await this.#follow()
      else await this.#lead(term, sentAt + LEASE_MS)
      this.#answeredAt = performance.now()
      this.#isFailing = false
      if (this.#mode === 'leading' || this.#mode === 'following') this.#outage.recover(this.#answeredAt)
      else if (this.#answeredAt - this.#confirmedAt > UNCONFIRMED_AFTER_MS) this.#goAlone(new FST_ICECAST_BACKPLANE_STATE('the leader has not written'))
    } catch (error) {
      if (this.#closing === null) this.#fail(error, sentAt)
    }
  }

  #fail (error: unknown, sentAt: number): void {
    const now = performance.now()
    if (now - sentAt > 2 * CONTACT_TIMEOUT_MS + MAX_LAPSE_DELAY_MS) {
      // The process was paused, so the backplane had no time to answer.
      if (this.#mode === 'leading') this.#lapse()
      return this.#poke()
    }
    this.#isFailing = true
    if (this.#mode === 'leading' && now < this.#leadsUntil) return
    const isCutOff = this.#mode === 'leading' || this.#answeredAt === null || now - this.#answeredAt >= CUT_OFF_AFTER_MS
    if (isCutOff) this.#goAlone(error)
  }

  /** Another instance leads. */
  async #follow (): Promise<void> {
    clearTimeout(this.#lapseTimer)
    if (this.#mode === 'leading') this.#suspend()
    if (this.#mode === 'following' && performance.now() < this.#checkAt) return
    const stored = await this.#mirror.fetch(this.#mode === 'following' ? [] : null)
    if (this.#closing !== null) return
    const position = this.#mirror.position
    if (stored !== null && this.#mode === 'following') {
      const { head } = this.#mirror.decode(stored, [])
      if (position !== null && isAfter(head, position)) await this.#catchUp()
      else if (position !== null && isAfter(position, head)) this.#ask('rewrite')
      this.#confirm()
      return
    }
    const read = stored && this.#mirror.decode(stored, null)
    if (!read?.isWhole) this.#ask('rewrite')
    else if (this.#isAcceptable(read.head)) this.#becomeFollower(read)
    // The leader answers, which shows that what it has written is current.
    else this.#ask('time')
  }

  async #catchUp (): Promise<void> {
    const stored = await this.#mirror.fetch(null)
    if (stored === null || this.#mode !== 'following') return
    const read = this.#mirror.decode(stored, null)
    if (!read.isWhole) this.#ask('rewrite')
    else if (!this.#mirror.isUpTo(read.head)) this.#mirror.apply(read)
  }

  /** Whether a state is not older than what this instance shows. */
  #isAcceptable (head: Position & { time: number }): boolean {
    const { position } = this.#mirror
    const isLive = head.term === this.#live.term && performance.now() - this.#live.at < LIVE_TTL_MS
    // What an earlier leader has written last may be older than what this instance has read by itself.
    if (position === null) return isLive || this.#isRecent(head.time)
    return isLive && !isAfter(position, head)
  }

  #isRecent (time: number): boolean {
    return this.#options.clock.now().wall - time < MAX_STATE_AGE_MS
  }

  #becomeFollower (read: MirroredState): void {
    const { updater } = this.#options
    this.#mode = 'following'
    updater.stop()
    updater.discard()
    this.#options.clock.observe(read.head.time)
    this.#mirror.apply(read)
    this.#mirror.follow()
    this.#confirm()
    this.#ask('time')
  }

  #confirm (): void {
    this.#confirmedAt = performance.now()
    this.#checkAt = this.#confirmedAt + CHECK_INTERVAL_MS * (0.9 + Math.random() / 5)
  }

  /** This instance leads until then, by the monotonic clock in ms. */
  async #lead (term: number, until: number): Promise<void> {
    this.#leadsUntil = until
    clearTimeout(this.#lapseTimer)
    this.#lapseTimer = setTimeout(() => this.#lapse(), Math.max(0, until - performance.now())).unref()
    if (this.#mode === 'leading' && term === this.#term) return
    const stored = await this.#mirror.fetch(null)
    if (this.#closing !== null || performance.now() >= until) return
    this.#takeOver(term, stored && this.#decode(stored), stored?.stations.keys() ?? [])
  }

  /** Null when the state cannot be used: this instance writes its own. */
  #decode (stored: Parameters<StateMirror['decode']>[0]): MirroredState | null {
    try {
      const read = this.#mirror.decode(stored, null)
      return read.isWhole ? read : null
    } catch (err) {
      this.#options.log.warn({ err }, 'The state in the backplane cannot be used, and is replaced')
      return null
    }
  }

  #takeOver (term: number, stored: MirroredState | null, storedIds: Iterable<string>): void {
    const { state, updater, clock } = this.#options
    const { position } = this.#mirror
    const isNewer = stored !== null && (position === null || isAfter(stored.head, position))
    const hasRead = updater.isReading
    this.#mirror.unfollow()
    if (hasRead) {
      if (isNewer && this.#mode === 'alone') this.#merge(stored)
    } else if (isNewer && (position !== null || this.#isRecent(stored.head.time))) {
      clock.observe(stored.head.time)
      this.#mirror.apply(stored)
    }
    // What was published by this instance alone has to be another state than all before.
    state.startRun(runOf(term), hasRead)
    this.#mode = 'leading'
    this.#term = term
    clock.lead()
    this.#writer.begin(term, storedIds)
    this.#mirror.reset({ term, sequence: 0 }, this.#mirror.handovers)
    if (updater.isReading) this.#writer.noteRead()
    else this.#startReading(stored)
  }

  /** Begins to read from what is known best. */
  #startReading (stored: MirroredState | null): void {
    const { state, updater } = this.#options
    const { handovers } = this.#mirror
    if (handovers.size > 0) {
      updater.start({ handedOver: new Map(Array.from(handovers, ([id, handover]) => [id, { ...handover, station: state.get(id) ?? handover.station }])) })
    } else {
      // Nobody has led for a while.
      const saved = stored?.changed.map(({ stored: { station, saved } }): [string, SavedStation] => [station.id, saved]) ?? []
      updater.start({ saved: new Map([...this.#saved, ...saved]) })
    }
    this.#mirror.reset(this.#mirror.position, new Map())
  }

  /** Others have led while this instance was alone: of each station what has the newer track counts, and equal plays have their ids. */
  #merge (stored: MirroredState): void {
    const { state, updater } = this.#options
    const theirs = stored.changed.filter(({ stored }) => {
      const mine = updater.toHandover(stored.station.id)
      return mine === undefined || !isNewer(mine, stored)
    })
    const mine = handoversOf(state, updater)
    updater.stop()
    this.#mirror.reset(null, mine)
    this.#mirror.apply({ ...stored, changed: theirs, ids: new Set([...stored.ids, ...mine.keys()]) })
  }

  /** The lease has ended. */
  #lapse (): void {
    if (this.#mode !== 'leading' || performance.now() < this.#leadsUntil) return
    const wasPaused = performance.now() - this.#leadsUntil > MAX_LAPSE_DELAY_MS
    if (this.#isFailing && !wasPaused) this.#goAlone(new FST_ICECAST_BACKPLANE_TIMEOUT('answer', LEASE_MS))
    else this.#suspend()
    this.#poke()
  }

  /** Publishes nothing until it is known who leads. */
  #suspend (): void {
    const { state, updater } = this.#options
    this.#writer.end()
    this.#mirror.reset({ term: this.#term, sequence: this.#writer.sequence }, handoversOf(state, updater))
    updater.stop()
    this.#mode = 'waiting'
    this.#live = NOBODY
    this.#confirmedAt = performance.now()
  }

  #goAlone (error: unknown): void {
    const now = performance.now()
    if (this.#mode === 'alone') return
    const { state, clock, updater } = this.#options
    this.#leadsAlone = this.#mode === 'leading' || this.#mode === 'waiting' || this.#mirror.position === null
    if (this.#mode === 'leading') this.#mirror.reset({ term: this.#term, sequence: this.#writer.sequence }, new Map())
    this.#outage.fail(error, this.#answeredAt ?? now, now)
    this.#writer.end()
    this.#mirror.unfollow()
    this.#mode = 'alone'
    this.#live = NOBODY
    clock.lead()
    state.startRun(ownRun(clock.now().wall))
    if (!updater.isReading) this.#startReading(null)
  }

  #mayPublish (): boolean {
    if (this.#mode === 'leading') this.#lapse()
    return this.#reads
  }

  #receive (text: string): void {
    const message = readMessage(text)
    if (this.#closing !== null) return
    // `leave`, or a text that this version does not know: nobody may be leading.
    if (message === null) return this.#poke()
    if (message.kind === 'question') return this.#receiveQuestion(message)
    if (this.#mode === 'following') this.#options.clock.observe(message.time)
    if (message.kind === 'answer') this.#questions.answer(message)
    else if (this.#mode === 'following') this.#mirror.hint(message)
    // This instance has just written, or waits for the leader to write.
    else if (this.#mode !== 'leading' || message.term > this.#term) this.#poke()
  }

  #receiveQuestion ({ id, type, text }: Question): void {
    if (this.#mode !== 'leading' || performance.now() >= this.#leadsUntil) return
    this.#answer(type, text).then(async (answer) => {
      if (answer === null || this.#mode !== 'leading') return
      await this.#writer.settled()
      const { sequence } = this.#writer
      const time = Math.round(this.#options.clock.now().wall)
      await this.#options.backplane.tell(encodeAnswer({ id, text: answer, term: this.#term, sequence, time }))
    }).catch(() => {})
  }

  async #answer (type: string, text: string): Promise<string | null> {
    const { updater, answers } = this.#options
    if (type === 'refresh') return String(await updater.refresh())
    if (type === 'rewrite') this.#writer.writeAll()
    return type === 'time' || type === 'rewrite' ? '' : await answers?.[type]?.(text) ?? null
  }

  /** Asks the leader to answer, or to write everything, without waiting for it. */
  #ask (type: 'time' | 'rewrite'): void {
    const mode = this.#mode
    this.#questions.ask(type, '', QUESTION_TIMEOUT_MS).then((answer) => {
      // A question that was asked before this instance was cut off does not show who leads now.
      if (answer === null || mode !== this.#mode || mode === 'following') return
      this.#live = { term: answer.term, at: performance.now() }
      this.#poke()
    })
  }
}

function handoversOf (state: PublishedState, updater: StationUpdater): Map<string, Handover> {
  return new Map(state.list.flatMap(({ id }): Array<[string, Handover]> => {
    const handover = updater.toHandover(id)
    return handover === undefined ? [] : [[id, handover]]
  }))
}

/** Whether `a` has the newer track; false for the same play. */
function isNewer (a: Handover, b: Handover): boolean {
  const [playA, playB] = [a, b].map(({ saved: { track, history } }) => track ?? history[0])
  if (playA === undefined || playB === undefined) return playA !== undefined
  return !isSamePlay(playA, playB) && playA.startedAt > playB.startedAt
}

/** Waits for something that may fail or hang. */
async function settled (ms: number, act: () => unknown): Promise<void> {
  await withTimeout(ms, 'close', act).catch(() => {})
}
