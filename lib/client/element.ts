import type { Station } from '../schemas.ts'
import { NowPlayingClient, type NowPlayingListeners } from './client.ts'
import { STYLE } from './style.ts'
import { labelsFor } from './i18n.ts'

export * from './client.ts'

/** Defined where this is built for the plugin to serve, which it does below the address that it is about. */
declare const SERVED: true
const SRC = typeof SERVED === 'undefined' ? '/now-playing' : import.meta.url.replace(/\/client\.js.*/, '')
/** Attributes that make it another line. */
const LINE = ['src', 'station', 'delay', 'sleep']

/** There is none where pages are made without a browser. */
const Base: new () => NowPlayingListeners & HTMLElement = globalThis.HTMLElement ?? Object

const make = <Tag extends keyof HTMLElementTagNameMap>(tag: Tag, part: string, ...children: Array<Node | string>): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  element.setAttribute('part', part)
  element.append(...children)
  return element
}

/** Encoders choose what it says: never HTML, and in whichever direction it reads. */
const text = (tag: keyof HTMLElementTagNameMap, part: string, content = ''): HTMLElement => {
  const element = make(tag, part, content)
  element.dir = 'auto'
  return element
}

/** Only what is fetched from the web, else ''. */
const pictureOf = (artwork: unknown): string => {
  const link = make('a', '')
  link.href = `${artwork}`
  return artwork && /^http/.test(link.protocol) ? link.href : ''
}

/** `<now-playing>`: what a station is playing. */
export class NowPlayingElement extends Base {
  static readonly observedAttributes = [...LINE, 'history', 'lang', 'for', 'words']

  /** Its line to the server; undefined while it is in no page. */
  declare client: NowPlayingClient | undefined
  #audio: HTMLMediaElement | null = null
  readonly #render: (event?: Event) => void

  constructor () {
    super()
    const slot = make('slot', '')
    const picture = make('img', 'artwork')
    const status = make('p', '')
    const now = make('div', 'now')
    const past = make('div', 'history')
    const box = make('div', '', picture, make('div', 'text', status, now), past)
    const root = this.attachShadow({ mode: 'open' })
    root.append(slot, box)
    try {
      const style = new CSSStyleSheet()
      style.replaceSync(STYLE)
      root.adoptedStyleSheets = [style]
    } catch {
      // Safari before 16.4; where it can, there need be no inline style, which pages may forbid.
      root.append(text('style', '', STYLE))
    }
    picture.alt = ''
    picture.onload = () => { picture.style.opacity = '' }
    picture.onerror = () => { picture.hidden = true }

    /** What is shown: nothing is made anew that is the same. */
    const shown: Record<string, string> = {}
    const isNew = (what: string, content: unknown): boolean => shown[what] !== (shown[what] = JSON.stringify(content))

    /** What it has last put on the media panel, which all of the page share. */
    let panel: MediaMetadata | undefined

    this.#render = (event) => {
      const { audio, client } = this
      const station = client?.current
      // What is in the element itself stands until the first state has come.
      box.hidden = !station
      slot.hidden = !!station
      if (!station) {
        if (isNew('media', '') && panel && navigator.mediaSession.metadata === panel) navigator.mediaSession.metadata = null
        return
      }
      const { track, name } = station
      const lang = this.closest<HTMLElement>('[lang]')?.lang || navigator.language
      const [live, stale, offline, unknown, none, earlier, connecting] = (this.getAttribute('words') ?? labelsFor(lang)).split('|')
      const word = { live, stale, offline, unknown }[station.status]
      const state = client.connection.state === 'open' ? station.status : 'lost'
      const title = track ? track.title ?? track.text : word === live ? none : word
      const artist = track?.title && track.artist
      const artwork = pictureOf(track && 'artwork' in track && track.artwork)
      const history = station.history.slice(0, Number(this.getAttribute('history')))

      box.setAttribute('part', `box ${state}`)
      status.setAttribute('part', `status ${state}`)
      status.textContent = (state === 'lost' ? connecting : title === word ? '' : word) ?? ''
      if (isNew('title', [title, artist])) {
        // As one, so that screen readers say it once; and not what was there first.
        now.replaceChildren(make('div', now.ariaLive ? 'track new' : 'track', text('p', track ? 'title' : 'title none', title), text('p', 'artist', artist ?? '')))
        now.ariaLive = 'polite'
        // A picture that could not be loaded may be there by now.
        if (picture.hidden) isNew('artwork', 0)
      }
      if (isNew('artwork', artwork)) {
        // The one before is not seen beside what is on now.
        picture.style.opacity = '0'
        picture.src = artwork
        picture.hidden = !artwork
      }
      if (isNew('history', [history, earlier])) {
        past.hidden = !history[0]
        past.replaceChildren(text('p', 'heading', earlier), make('ol', 'list', ...history.map((one) =>
          make('li', 'past', text('time', 'time', new Date(one.audibleAt).toLocaleTimeString([], { timeStyle: 'short' })), text('span', 'past-text', one.text)))))
      }
      // Also when it plays again: another player may have had the panel meanwhile.
      if (audio?.paused === false && (isNew('media', [title, artist, artwork, name]) || event?.target === audio)) {
        navigator.mediaSession.metadata = panel = new MediaMetadata({ title: title ?? '', artist: artist || name, album: name, artwork: artwork ? [{ src: artwork }] : [] })
      }
    }
  }

  /** The station that it shows. */
  get current (): Station | undefined { return this.client?.current }

  /** The station's player, by default the one that `for` names: while it plays, the system's media panel says what is on. */
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
    this.#open()
  }

  disconnectedCallback (): void {
    this.#open(false)
  }

  attributeChangedCallback (name: string, before: string | null, after: string | null): void {
    if (this.client && before !== after) LINE.includes(name) ? this.#open() : this.#render()
  }

  /** Another line, or none. */
  #open (isInPage = true): void {
    const old = this.client
    const client = this.client = isInPage
      ? new NowPlayingClient(this.getAttribute('src') || SRC, {
        station: this.getAttribute('station') || undefined,
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
    // Of any player in the page, also one that comes later.
    for (const target of [document, this.#audio]) target?.[isInPage ? 'addEventListener' : 'removeEventListener']('play', this.#render, true)
    this.#render()
    // Last: whoever is told may change it again.
    old?.close()
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'now-playing': NowPlayingElement
  }
}

const { customElements } = globalThis
if (!customElements?.get('now-playing')) customElements?.define('now-playing', NowPlayingElement)
