import type { FastifyBaseLogger } from 'fastify'
import { FST_ICECAST_BACKPLANE_STATE, FST_ICECAST_BACKPLANE_TIMEOUT } from '../errors.ts'
import { OutageLog, type OutageState } from '../log/outage-log.ts'
import { ownRun, runOf, type PublishedState } from '../state/published-state.ts'
import type { SharedClock } from '../state/shared-clock.ts'
import type { StationUpdater } from '../state/station-updater.ts'
import type { SavedStation } from '../stations/play-tracker.ts'
import { withTimeout } from '../store/with-timeout.ts'
import type { Backplane } from './backplane.ts'
import { closeBackplane, settled } from './close-backplane.ts'
import { ContactLoop } from './contact-loop.ts'
import { Follower } from './follower.ts'
import { keepListening } from './keep-listening.ts'
import { LeaderAnswers, type AnswerFunctions } from './leader-answers.ts'
import { Lease } from './lease.ts'
import { readMessage } from './messages.ts'
import type { Mode } from './mode.ts'
import { Questions } from './questions.ts'
import { Rebalancer, type SubscriberPool } from './rebalancer.ts'
import { StateMirror, type Position } from './state-mirror.ts'
import { StateTakeover } from './state-takeover.ts'
import { StateWriter } from './state-writer.ts'
import type { StateReader } from './stored-state.ts'
import {
  LEASE_MS, RENEW_INTERVAL_MS, FOLLOW_INTERVAL_MS, FOLLOW_JITTER_MS, RETRY_INTERVAL_MS,
  CONTACT_TIMEOUT_MS, CUT_OFF_AFTER_MS, UNCONFIRMED_AFTER_MS, MAX_LAPSE_DELAY_MS, START_TIMEOUT_MS, QUESTION_TIMEOUT_MS, LAST_WRITE_TIMEOUT_MS
} from './timing.ts'

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
  /** The `hashOptions` of this instance. */
  optionsHash: string
  answers?: AnswerFunctions
  /** Null: subscribers stay where they are. */
  subscribers: SubscriberPool | null
}

/** One of several instances that publish the same state: decides whether it leads, follows, or has to go on by itself. */
export class Instance {
  readonly #options: InstanceOptions
  readonly #loop: ContactLoop
  readonly #lease = new Lease(() => this.#lapse())
  readonly #mirror: StateMirror
  readonly #follower: Follower
  readonly #takeover: StateTakeover
  readonly #writer: StateWriter
  readonly #questions: Questions
  readonly #answers: LeaderAnswers
  readonly #rebalancer: Rebalancer | null
  readonly #outage: OutageLog
  #mode: Mode = 'starting'
  /** The term in which this instance has led last. */
  #term = 0
  /** It has led until it was alone, or nobody else is known. */
  #leadsAlone = false
  /** The monotonic time in ms of the last answer of the backplane; null before the first. */
  #answeredAt: number | null = null
  /** The last contact has failed. */
  #isFailing = false
  #closing: Promise<void> | null = null

  constructor (options: InstanceOptions) {
    const { backplane, state, updater, clock, log, subscribers } = options
    this.#options = options
    this.#outage = new OutageLog(log, null, {
      component: 'backplane',
      begins: (reason) => `The backplane cannot be used; this instance reads Icecast itself until then (${reason})`,
      ends: 'The backplane can be used again'
    })
    this.#loop = new ContactLoop({ contact: () => this.#contact(), interval: () => this.#interval })
    this.#questions = new Questions(backplane)
    this.#rebalancer = subscribers && new Rebalancer({ pool: subscribers, log, tell: (text) => backplane.tell(text) })
    const mirror = this.#mirror = new StateMirror({ ...options, onFailure: () => this.#checkNow() })
    this.#follower = new Follower({ mirror, clock, questions: this.#questions, onLeaderAnswered: () => this.#loop.contactNow() })
    this.#takeover = new StateTakeover({ state, updater, clock, mirror, log })
    const writer = this.#writer = new StateWriter({
      ...options,
      toHandover: (id) => updater.toHandover(id),
      onRefused: () => {
        this.#suspend()
        this.#loop.contactNow()
      }
    })
    this.#answers = new LeaderAnswers({ ...options, writer, isLeading: () => this.#mode === 'leading', term: () => this.#term })
    updater.gate = { mayPublish: () => this.#mayPublish(), onRead: () => { if (this.#mode === 'leading') writer.noteRead() } }
  }

  /** Whether this instance leads: for what must happen once. While the backplane cannot be used, the last leader still counts as leading. */
  get leads (): boolean {
    return this.#mode === 'leading' ? this.#lease.isHeld : this.#mode === 'alone' && this.#leadsAlone
  }

  /** Whether the backplane works, and whether its stations can be used. */
  get outages (): OutageState[] { return [this.#outage.state, this.#mirror.outage] }

  /** Resolves when it is known whether this instance leads, or after 1.5 s. `saved`: what `store` has kept. */
  async start (saved: ReadonlyMap<string, SavedStation>): Promise<void> {
    this.#takeover.saved = saved
    keepListening(this.#options.backplane, {
      onHint: (text) => this.#receive(text),
      onLost: () => this.#checkNow(),
      isClosed: () => this.#mode === 'closed'
    })
    await withTimeout(START_TIMEOUT_MS, 'answer', () => this.#loop.start()).catch(() => {})
    if (this.#closing === null) this.#rebalancer?.start()
  }

  /** A station has changed in a way that is not published yet. */
  note (station: string): void { this.#writer.note(station) }

  /** Asks the instance that reads Icecast, which may be this one. Resolves to null when there is no answer within 6 s, or when the text is too long. */
  async ask (type: string, text: string): Promise<string | null> {
    if (this.#reads) return await this.#answers.answer(type, text)
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

  async #close (): Promise<void> {
    const { backplane, updater } = this.#options
    const stopped = Promise.all([updater.stop(), this.#rebalancer?.close()])
    this.#follower.end()
    this.#questions.close()
    if (this.#mode === 'leading') await settled(LAST_WRITE_TIMEOUT_MS, () => this.#writer.settled())
    this.#mode = 'closed'
    this.#writer.end()
    this.#lease.stopTimer()
    this.#loop.stop()
    await closeBackplane(backplane, this.#loop.contacting)
    await stopped
  }

  get #reads (): boolean { return this.#mode === 'leading' || this.#mode === 'alone' }

  /** How long to wait until the next contact, in ms. */
  get #interval (): number {
    if (this.#isFailing) return RETRY_INTERVAL_MS
    return this.#mode === 'leading' ? RENEW_INTERVAL_MS : FOLLOW_INTERVAL_MS + Math.random() * FOLLOW_JITTER_MS
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
      if (this.#closing !== null) return
      this.#answeredAt = performance.now()
      this.#isFailing = false
      if (this.#mode === 'leading' || this.#mode === 'following') this.#outage.recover(this.#answeredAt)
      else if (this.#follower.unconfirmedMs > UNCONFIRMED_AFTER_MS) this.#goAlone(new FST_ICECAST_BACKPLANE_STATE('the leader has not written'))
    } catch (error) {
      if (this.#closing === null) this.#fail(error, sentAt)
    }
  }

  /** Another instance leads. */
  async #follow (): Promise<void> {
    const { updater } = this.#options
    this.#lease.stopTimer()
    this.#suspend()
    const found = await this.#follower.check()
    if (found === null || this.#closing !== null) return
    this.#mode = 'following'
    updater.stop()
    updater.discard()
    this.#follower.begin(found)
  }

  /** This instance leads until then, by the monotonic clock in ms. */
  async #lead (term: number, until: number): Promise<void> {
    const { state, updater, clock } = this.#options
    this.#lease.extend(until)
    if (this.#mode === 'leading' && term === this.#term) return
    const stored = await this.#mirror.fetch(null)
    if (this.#closing !== null || !this.#lease.isHeld) return
    const hasRead = updater.isReading
    const known = stored && this.#takeover.decode(stored)
    this.#follower.end()
    this.#takeover.adopt(known, this.#mode === 'alone')
    // What was published by this instance alone has to be another state than all before.
    state.startRun(runOf(term), hasRead)
    this.#mode = 'leading'
    this.#term = term
    clock.lead()
    this.#writer.begin(term, stored?.stations.keys() ?? [])
    this.#mirror.reset({ term, sequence: 0 }, this.#mirror.handovers)
    if (updater.isReading) this.#writer.noteRead()
    else this.#takeover.startReading(known)
  }

  /** The backplane has not answered. `sentAt`: when it was contacted, by the monotonic clock in ms. */
  #fail (error: unknown, sentAt: number): void {
    const now = performance.now()
    if (now - sentAt > 2 * CONTACT_TIMEOUT_MS + MAX_LAPSE_DELAY_MS) {
      // The process was paused, so the backplane had no time to answer.
      if (this.#mode === 'leading') this.#lapse()
      return this.#loop.contactNow()
    }
    this.#isFailing = true
    if (this.#mode === 'leading' && this.#lease.isHeld) return
    const isCutOff = this.#mode === 'leading' || this.#answeredAt === null || now - this.#answeredAt >= CUT_OFF_AFTER_MS
    if (isCutOff) this.#goAlone(error)
  }

  /** The lease may have ended. */
  #lapse (): void {
    if (this.#mode !== 'leading' || this.#lease.isHeld) return
    const wasPaused = this.#lease.overdueMs > MAX_LAPSE_DELAY_MS
    if (this.#isFailing && !wasPaused) this.#goAlone(new FST_ICECAST_BACKPLANE_TIMEOUT('answer', LEASE_MS))
    else this.#suspend()
    this.#loop.contactNow()
  }

  /** A leader publishes nothing until it is known who leads. */
  #suspend (): void {
    if (this.#mode !== 'leading') return
    this.#writer.end()
    this.#takeover.stopReading(this.#lastWrite)
    this.#follower.end()
    this.#mode = 'waiting'
  }

  #goAlone (error: unknown): void {
    if (this.#mode === 'alone') return
    const { state, clock, updater } = this.#options
    const now = performance.now()
    this.#leadsAlone = this.#mode === 'leading' || this.#mode === 'waiting' || this.#mirror.position === null
    if (this.#mode === 'leading') this.#mirror.reset(this.#lastWrite, new Map())
    this.#outage.fail(error, this.#answeredAt ?? now, now)
    this.#writer.end()
    this.#follower.end()
    this.#mode = 'alone'
    clock.lead()
    state.startRun(ownRun(clock.now().wall))
    if (!updater.isReading) this.#takeover.startReading(null)
  }

  /** What this instance has written last as the leader. */
  get #lastWrite (): Position { return { term: this.#term, sequence: this.#writer.sequence } }

  #mayPublish (): boolean {
    if (this.#mode === 'leading') this.#lapse()
    return this.#reads
  }

  /** Hints may have been missed. */
  #checkNow (): void {
    this.#follower.checkNext()
    this.#loop.contactNow()
  }

  /** Another instance, or this one, has published a text. */
  #receive (text: string): void {
    const message = readMessage(text)
    if (this.#closing !== null) return
    // `leave`, or a text that this version does not know: nobody may be leading.
    if (message === null) return this.#loop.contactNow()
    if (message.kind === 'subscribers') return this.#rebalancer?.receive(message)
    if (message.kind === 'question') {
      if (this.#mode === 'leading' && this.#lease.isHeld) this.#answers.reply(message).catch(() => {})
      return
    }
    if (this.#mode === 'following') this.#options.clock.observe(message.time)
    if (message.kind === 'answer') this.#questions.answer(message)
    else if (this.#mode === 'following') this.#mirror.hint(message)
    // This instance has just written, or waits for the leader to write.
    else if (this.#mode !== 'leading' || message.term > this.#term) this.#loop.contactNow()
  }
}
