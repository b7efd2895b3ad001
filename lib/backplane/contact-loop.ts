interface ContactLoopOptions {
  /** Contacts the backplane. Never rejects. */
  contact (): Promise<void>
  /** How long to wait after a contact, in ms. */
  interval (): number
}

/** Contacts the backplane again and again, and at once when something has happened. */
export class ContactLoop {
  readonly #options: ContactLoopOptions
  #isStopped = false
  /** Called while a contact was under way: the next one follows without a pause. */
  #isDue = false
  #wake: (() => void) | null = null
  #contacting: Promise<void> = Promise.resolve()

  constructor (options: ContactLoopOptions) {
    this.#options = options
  }

  /** The contact that is under way. */
  get contacting (): Promise<void> { return this.#contacting }

  /** Resolves after the first contact. */
  async start (): Promise<void> {
    await new Promise<void>((resolve) => { this.#run(resolve) })
  }

  /** Contacts the backplane at once. */
  contactNow (): void {
    this.#isDue = true
    this.#wake?.()
  }

  /** Starts no further contact. One may still be under way. */
  stop (): void {
    this.#isStopped = true
    this.#wake?.()
  }

  async #run (onFirst: () => void): Promise<void> {
    while (!this.#isStopped) {
      this.#isDue = false
      this.#contacting = this.#options.contact()
      await this.#contacting
      onFirst()
      await this.#sleep(this.#options.interval())
    }
  }

  async #sleep (ms: number): Promise<void> {
    if (this.#isStopped || this.#isDue) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#wake = null
  }
}
