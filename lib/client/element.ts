import type { Station } from '../schemas.ts'
import { NowPlayingClient, type NowPlayingDetails, type NowPlayingTarget } from './client.ts'
import { STYLE } from './style.ts'
import { WORD_ATTRIBUTES, wordOf, type Word } from './words.ts'

export * from './client.ts'

/** The plugin serves this module below the address that it is about. */
const SRC = /^(.+)\/client\.js(\?|$)/.exec(import.meta.url)?.[1] ?? '/now-playing'
/** ms for which a change stays where screen readers look for news: whoever reads the page shall not meet it twice. */
const SAID = 5000
/** Attributes that make it another line. */
const LINE = ['src', 'station', 'delay', 'sleep']
const EVENTS = ['track', 'update', 'status', 'connection'] as const satisfies ReadonlyArray<keyof NowPlayingDetails>

/** There is none where pages are made without a browser. */
const Base: new () => HTMLElement & NowPlayingTarget = Reflect.get(globalThis, 'HTMLElement') ?? Object

const make = (tag: string, part: string, ...children: Node[]): HTMLElement => {
  const element = document.createElement(tag)
  element.part.value = part
  element.append(...children)
  return element
}

/** Encoders choose what it says: never HTML, and in whichever direction it reads. */
const text = (tag: string, part: string, content: string): HTMLElement => {
  const element = make(tag, part)
  element.dir = 'auto'
  element.textContent = content
  return element
}

/** Only what is fetched from the web. */
const pictureOf = (track: object | null): string => {
  const address = track && 'artwork' in track && typeof track.artwork === 'string' && track.artwork
  if (!address || !URL.canParse(address, document.baseURI)) return ''
  const { protocol, href } = new URL(address, document.baseURI)
  return /^https?:$/.test(protocol) ? href : ''
}

/** `<now-playing>`: what a station is playing. */
export class NowPlayingElement extends Base {
  static readonly observedAttributes = [...LINE, 'history', 'lang', 'for', ...WORD_ATTRIBUTES]

  readonly #slot = document.createElement('slot')
  readonly #picture = document.createElement('img')
  readonly #status = make('p', 'status')
  readonly #text = make('div', 'text')
  readonly #history = make('div', 'history')
  readonly #box = make('div', 'box', this.#picture, this.#text, this.#history)
  readonly #said = make('p', 'said')
  #client: NowPlayingClient | undefined
  #listening = new AbortController()
  #audio: HTMLMediaElement | null = null
  /** What is shown: nothing is made anew that is the same. */
  #shown: Record<string, string> = {}
  #metadata: MediaMetadata | null = null
  #isLost = false
  #isChanged = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor () {
    super()
    const style = new CSSStyleSheet()
    style.replaceSync(STYLE)
    const root = this.attachShadow({ mode: 'open' })
    root.adoptedStyleSheets = [style]
    root.append(this.#slot, this.#box, this.#said)
    this.#picture.part.value = 'artwork'
    this.#picture.alt = ''
    this.#picture.referrerPolicy = 'no-referrer'
    this.#picture.onerror = () => { this.#picture.hidden = true }
    this.#said.ariaLive = 'polite'
    this.#hide()
  }

  /** Its line to the server; undefined while it is not in a page. */
  get client (): NowPlayingClient | undefined { return this.#client }

  /** The station that it shows. */
  get current (): Station | undefined { return this.#client?.current }

  /** The player of the station, by default the one that `for` names: while it plays, the system's media panel says what is on. */
  get audio (): HTMLMediaElement | null {
    const root = this.getRootNode()
    const named = root instanceof Document || root instanceof ShadowRoot ? root.getElementById(this.getAttribute('for') ?? '') : null
    return this.#audio ?? (named instanceof HTMLMediaElement ? named : null)
  }

  set audio (audio: HTMLMediaElement | null) {
    this.#audio = audio
    if (audio) this.#follow(audio)
    this.#render()
  }

  connectedCallback (): void {
    this.#listening = new AbortController()
    // Also of a player that comes later.
    this.#follow(this.getRootNode())
    if (this.#audio) this.#follow(this.#audio)
    this.#open()
  }

  disconnectedCallback (): void {
    this.#client?.close()
    this.#client = undefined
    this.#listening.abort()
    if (this.#metadata && navigator.mediaSession.metadata === this.#metadata) navigator.mediaSession.metadata = null
  }

  attributeChangedCallback (name: string): void {
    if (!this.#client) return
    if (!LINE.includes(name)) return this.#render()
    if (this.#isChanged) return
    // Others may change together with it.
    this.#isChanged = true
    queueMicrotask(() => {
      this.#isChanged = false
      this.#hide()
      if (this.#client) this.#open()
    })
  }

  #follow (target: EventTarget): void {
    target.addEventListener('play', () => this.#render(), { capture: true, signal: this.#listening.signal })
  }

  #open (): void {
    this.#client?.close()
    const client = this.#client = new NowPlayingClient(this.getAttribute('src') ?? SRC, {
      station: this.getAttribute('station') ?? undefined,
      delay: Number(this.getAttribute('delay')),
      sleep: this.hasAttribute('sleep')
    })
    for (const type of EVENTS) {
      client.addEventListener(type, (event) => {
        this.#render()
        if (event instanceof CustomEvent) this.dispatchEvent(new CustomEvent(type, { detail: event.detail }))
      })
    }
  }

  /** What is in the element itself stands until the first state has come. */
  #hide (): void {
    this.#shown = {}
    this.#box.hidden = true
    this.#slot.hidden = false
  }

  #isNew (what: string, content: unknown): boolean {
    return this.#shown[what] !== (this.#shown[what] = JSON.stringify(content))
  }

  #render (): void {
    const { connection: { state }, current } = this.#client ?? { connection: { state: 'closed' } }
    if (!current) return
    if (state === 'open') this.#isLost = false
    if (state === 'waiting' || state === 'refused') this.#isLost = true
    const { name, status, track, history } = current
    const lang = this.closest('[lang]')?.getAttribute('lang') || navigator.language
    const word = (name: Word): string => this.getAttribute(`word-${name}`) ?? wordOf(name, lang)
    const title = track ? track.title ?? track.text : word(status === 'live' ? 'none' : status)
    const artist = track?.title && track.artist ? track.artist : ''
    const picture = pictureOf(track)

    this.#box.hidden = false
    this.#slot.hidden = true
    this.#box.part.value = `box ${status}`
    this.#status.part.value = `status ${this.#isLost ? 'waiting' : status}`
    const said = this.#isLost ? word('waiting') : track || status === 'live' ? word(status) : ''
    if (this.#status.textContent !== said) this.#status.textContent = said

    const isFirst = this.#shown['title'] === undefined
    if (this.#isNew('title', [title, artist])) {
      const part = `title${track ? '' : ' none'}${isFirst ? '' : ' new'}`
      this.#text.replaceChildren(this.#status, text('p', part, title), text('p', 'artist', artist))
      if (!isFirst) this.#say([title, artist].filter(Boolean).join(', '))
    }
    if (this.#isNew('picture', picture)) {
      this.#picture.hidden = !picture
      this.#picture.src = picture
    }
    const rows = history.slice(0, Number(this.getAttribute('history')))
    if (this.#isNew('history', [rows, word('earlier')])) {
      this.#history.hidden = rows.length === 0
      this.#history.replaceChildren(text('p', 'heading', word('earlier')), make('ol', 'list', ...rows.map(({ text: line, audibleAt }) =>
        make('li', 'past', text('time', 'time', new Date(audibleAt).toLocaleTimeString([], { timeStyle: 'short' })), text('span', 'past-text', line)))))
    }
    if (this.audio?.paused === false && this.#isNew('media', [title, artist, picture, name])) {
      navigator.mediaSession.metadata = this.#metadata = new MediaMetadata({ title, artist: artist || name, album: name, artwork: picture ? [{ src: picture }] : [] })
    }
  }

  /** To those who don't see it. */
  #say (news: string): void {
    clearTimeout(this.#timer)
    this.#said.textContent = news
    this.#timer = setTimeout(() => { this.#said.textContent = '' }, SAID)
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'now-playing': NowPlayingElement
  }
}

if (globalThis.customElements && !customElements.get('now-playing')) customElements.define('now-playing', NowPlayingElement)
