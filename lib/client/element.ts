import type { Station } from '../schemas.ts'
import { NowPlayingClient, type NowPlayingListeners } from './client.ts'
import { serverClocks } from './reorder.ts'
import { STYLE } from './style.ts'
import { labelsFor } from './i18n.ts'

export * from './client.ts'

/** Defined by the build of the module that the plugin serves, below the address of its routes. */
declare const SERVED: true
const DEFAULT_SRC = typeof SERVED === 'undefined' ? '/now-playing' : import.meta.url.replace(/\/client\.js.*/, '')
/** The time in ms between two updates of the progress bar. */
const PROGRESS_INTERVAL_MS = 250
/** A change of one of these attributes needs another client. */
const CLIENT_ATTRIBUTES = ['src', 'station', 'history', 'listeners', 'delay', 'sleep']

/** On a server, where pages are rendered without a browser, there is no HTMLElement. */
const Base: new () => NowPlayingListeners & HTMLElement = globalThis.HTMLElement ?? Object

const make = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, part: string, ...children: Array<Node | string>): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  element.part = part
  element.append(...children)
  return element
}

/** Encoders choose the content: it is never HTML, and may read in either direction. */
const text = (tag: keyof HTMLElementTagNameMap, part: string, content = ''): HTMLElement => {
  const element = make(tag, part, content)
  element.dir = 'auto'
  return element
}

/** Returns the address of a picture that is loaded over HTTP, else ''. Hooks of the user's own provide the value. */
const pictureUrl = (artwork: unknown): string => {
  const link = make('a', '')
  if (artwork && typeof artwork === 'string') link.href = artwork
  return /^http/.test(link.href) ? link.href : ''
}

/** The attributes of `<now-playing>` in JSX. Attributes of any element, such as `class`, are not checked. */
export interface NowPlayingAttributes {
  src?: string | undefined
  station?: string | undefined
  history?: number | string | undefined
  listeners?: boolean | '' | undefined
  for?: string | undefined
  next?: boolean | '' | undefined
  progress?: boolean | '' | undefined
  delay?: number | string | undefined
  sleep?: boolean | '' | undefined
  lang?: string | undefined
  words?: string | undefined
  [attribute: string]: unknown
}

/** What `JSX.IntrinsicElements` of React, Preact and others is to be extended with. */
export interface NowPlayingIntrinsicElements {
  'now-playing': NowPlayingAttributes
}

/** `<now-playing>`: shows what a station is playing. */
export class NowPlayingElement extends Base {
  static readonly observedAttributes = [...CLIENT_ATTRIBUTES, 'lang', 'for', 'words', 'next', 'progress']

  /** The client of this element; undefined while it is not in a document. */
  declare client: NowPlayingClient | undefined
  #audio: HTMLMediaElement | null = null
  readonly #render: (event?: Event) => void

  constructor () {
    super()
    const slot = make('slot', '')
    const picture = make('img', 'artwork')
    const status = make('p', '')
    const now = make('div', 'now')
    const progress = make('progress', 'progress')
    const next = text('p', 'next')
    const past = make('div', 'history')
    const box = make('div', '', picture, make('div', 'text', status, now, progress, next), past)
    const root = this.attachShadow({ mode: 'open' })
    root.append(slot, box)
    try {
      const style = new CSSStyleSheet()
      style.replaceSync(STYLE)
      root.adoptedStyleSheets = [style]
    } catch {
      // Safari before 16.4 has no constructable style sheets. Elsewhere an inline style is avoided, because a page may forbid it.
      root.append(text('style', '', STYLE))
    }
    picture.alt = ''
    picture.onload = () => { picture.style.opacity = '' }
    picture.onerror = () => { picture.hidden = true }

    /** The content that each part was last rendered with, as JSON. */
    const rendered: Record<string, string> = {}
    // The left side is read before the assignment.
    const hasChanged = (part: string, content: unknown): boolean => rendered[part] !== (rendered[part] = JSON.stringify(content))

    /** The metadata that this element has set last; the media session is shared by the whole page. */
    let metadata: MediaMetadata | undefined

    let timer: ReturnType<typeof setTimeout>
    /** Shows how much of the track has been heard, by the server's clock. No timer runs for a hidden page or after the end. */
    const showProgress = (): void => {
      clearTimeout(timer)
      const station = this.current
      const { duration, endsAt } = station?.track ?? {}
      const isShown = station && duration && endsAt && this.hasAttribute('progress')
      progress.hidden = !isShown
      if (!isShown) return
      const clock = serverClocks.get(station)
      const left = Date.parse(endsAt) + (Number(this.getAttribute('delay')) || 0) - (clock ? clock + performance.now() : Date.now())
      progress.max = duration
      progress.value = duration - left
      if (left > 0 && !document.hidden) timer = setTimeout(showProgress, PROGRESS_INTERVAL_MS)
    }

    this.#render = (event) => {
      showProgress()
      const { audio, client } = this
      const station = client?.current
      // The page's own content of the element is shown until the first state is received.
      box.hidden = !station
      slot.hidden = !!station
      if (!station) {
        if (hasChanged('media', '') && metadata && navigator.mediaSession.metadata === metadata) navigator.mediaSession.metadata = null
        return
      }
      const { track, name, next: song } = station
      const lang = this.closest<HTMLElement>('[lang]')?.lang || navigator.language
      const [live, stale, offline, unknown, none, earlier, connecting, following, heard] = labelsFor(lang, this.getAttribute('words')?.split('|'))
      const label = { live, stale, offline, unknown }[station.status]
      const state = client.connection.state === 'open' ? station.status : 'lost'
      const title = track ? track.title ?? track.text : label === live ? none : label
      const artist = track?.title && track.artist
      const artwork = pictureUrl((track as { artwork?: unknown } | null)?.artwork)
      const history = station.history.slice(0, Math.max(0, Number(this.getAttribute('history'))))

      box.part = `box ${state}`
      status.part = `status ${state}`
      status.textContent = state === 'lost' ? connecting : title === label ? '' : label
      if (hasChanged('title', [title, artist])) {
        // Replaced as one node, so that a screen reader announces it once; the first track is not announced.
        now.replaceChildren(make('div', now.ariaLive ? 'track new' : 'track', text('p', track ? 'title' : 'title none', title), text('p', 'artist', artist ?? '')))
        now.ariaLive = 'polite'
        // Try again to load a picture that has failed.
        if (picture.hidden) hasChanged('artwork', 0)
      }
      if (hasChanged('artwork', artwork)) {
        // Hide the previous picture until the new one has loaded.
        picture.style.opacity = '0'
        picture.src = artwork
        picture.hidden = !artwork
      }
      progress.ariaLabel = heard
      next.hidden = !song || !this.hasAttribute('next')
      next.textContent = song && `${following} ${song.text}`
      if (hasChanged('history', [history, earlier])) {
        past.hidden = !history[0]
        past.replaceChildren(text('p', 'heading', earlier), make('ol', 'list', ...history.map((one) =>
          make('li', 'past', text('time', 'time', new Date(one.audibleAt).toLocaleTimeString([], { timeStyle: 'short' })), text('span', 'past-text', one.text)))))
      }
      // Also on each `play`: another player may have set the metadata meanwhile.
      if (audio?.paused === false && (hasChanged('media', [title, artist, artwork, name]) || event?.target === audio)) {
        navigator.mediaSession.metadata = metadata = new MediaMetadata({ title, artist: artist || name, album: name, artwork: artwork ? [{ src: artwork }] : [] })
      }
    }
  }

  /** The station that is shown. */
  get current (): Station | undefined { return this.client?.current }

  /** The station's player; by default, the media element whose id is in `for`. While it plays, the system's media session shows the track. */
  get audio (): HTMLMediaElement | null {
    const named = document.getElementById(this.getAttribute('for') ?? '')
    return this.#audio ?? (named instanceof HTMLMediaElement ? named : null)
  }

  set audio (audio: HTMLMediaElement | null) {
    this.#audio = audio
    audio?.addEventListener('play', this.#render, true)
    this.#render()
  }

  connectedCallback (): void {
    this.client ? this.#render() : this.#start()
  }

  disconnectedCallback (): void {
    // An element that is only moved is back in the document by then.
    queueMicrotask(() => { if (!this.isConnected) this.#start() })
  }

  attributeChangedCallback (name: string, before: string | null, after: string | null): void {
    if (this.client && before !== after) CLIENT_ATTRIBUTES.includes(name) ? this.#start() : this.#render()
  }

  /** Replaces the client; without a document there is none. */
  #start (): void {
    const { client: previous, isConnected } = this
    const client = this.client = isConnected
      ? new NowPlayingClient(this.getAttribute('src') || DEFAULT_SRC, {
        station: this.getAttribute('station') || undefined,
        history: Math.max(0, Number(this.getAttribute('history'))) || 0,
        listeners: this.hasAttribute('listeners'),
        delay: Number(this.getAttribute('delay')),
        sleep: this.hasAttribute('sleep')
      })
      : undefined
    for (const type of ['track', 'update', 'status', 'connection']) {
      client?.addEventListener(type, (event) => {
        this.#render()
        this.dispatchEvent(new CustomEvent(type, event))
      })
    }
    // A capturing listener on the document receives the events of all players, including those added later.
    const change = isConnected ? 'addEventListener' : 'removeEventListener'
    for (const target of [document, this.#audio]) target?.[change]('play', this.#render, true)
    document[change]('visibilitychange', this.#render)
    this.#render()
    // Last, because a listener may change the element again.
    previous?.close()
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'now-playing': NowPlayingElement
  }
}

const { customElements } = globalThis
if (!customElements?.get('now-playing')) customElements?.define('now-playing', NowPlayingElement)
