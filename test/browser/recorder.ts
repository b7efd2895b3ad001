/// <reference lib="dom" />

/** What a `<now-playing>` shows. */
export interface Shown {
  title: string
  artist: string
  /** `Live`, `Reconnecting …` */
  status: string
  history: string[]
  /** What screen readers were last told. */
  said: string
}

declare global {
  interface Window { shown: Shown[] }
}

/** In the page, before its own scripts: every state that the page's first `<now-playing>` is in, each different from the one before. */
export function record (): void {
  const shown: Shown[] = window.shown = []
  const attach = Element.prototype.attachShadow
  Element.prototype.attachShadow = function (init) {
    const root = attach.call(this, init)
    const text = (selector: string): string => root.querySelector(selector)?.textContent ?? ''
    let said = ''
    const look = (changes: MutationRecord[]): void => {
      // What is there when a place for news comes to be is none.
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
      if (JSON.stringify(now) !== JSON.stringify(shown.at(-1))) shown.push(now)
    }
    new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true, attributes: true, attributeOldValue: true })
    return root
  }
}
