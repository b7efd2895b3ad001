/// <reference lib="dom" />

/** What a `<now-playing>` shows at one moment. */
export interface Shown {
  title: string
  artist: string
  /** `Live`, `Reconnecting …` */
  status: string
  history: string[]
  /** The last announcement of a screen reader. */
  said: string
}

declare global {
  interface Window {
    shown: Shown[]
    /** Uncaught errors, and what the page's policy has blocked. */
    errors: string[]
  }
}

/** Runs in the page before its own scripts, and records each different state of the first `<now-playing>`, with an event `shown`. */
export function record (): void {
  const shown: Shown[] = window.shown = []
  const errors: string[] = window.errors = []
  window.addEventListener('error', ({ message }) => { errors.push(message) })
  window.addEventListener('unhandledrejection', ({ reason }) => { errors.push(String(reason)) })
  document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => { errors.push(violatedDirective) })
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (init) {
    const root = attach.call(this, init)
    const text = (selector: string): string => root.querySelector(selector)?.textContent ?? ''
    let said = ''
    const look = (changes: MutationRecord[]): void => {
      // The content that a live region has when it is created is not announced.
      if (!changes.some(({ attributeName, oldValue }) => attributeName === 'aria-live' && oldValue === null)) {
        for (const { type, target } of changes) {
          if (type !== 'childList' || !(target instanceof Element && target.hasAttribute('aria-live'))) continue
          said = [...target.querySelectorAll('p')].map(({ textContent }) => textContent).filter(Boolean).join(', ')
        }
      }
      if (root.host !== document.querySelector('now-playing') || text('[part~=title]') === '') return
      const now: Shown = {
        title: text('[part~=title]'),
        artist: text('[part=artist]'),
        status: text('[part~=status]'),
        history: [...root.querySelectorAll('[part=past-text]')].map(({ textContent }) => textContent ?? ''),
        said
      }
      if (JSON.stringify(now) === JSON.stringify(shown.at(-1))) return
      shown.push(now)
      window.dispatchEvent(new Event('shown'))
    }
    new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true })
    return root
  }
}
