/** What the element says by itself; `none`: nothing is known to be playing. */
const NAMES = ['live', 'stale', 'offline', 'unknown', 'none', 'earlier', 'waiting'] as const

export type Word = typeof NAMES[number]

/** In the order of the names. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'Live|Last heard|Off the air|One moment …|No title|Earlier|Reconnecting …',
  de: 'Live|Zuletzt gehört|Nicht auf Sendung|Einen Moment …|Kein Titel|Zuvor|Neu verbinden …',
  fr: 'En direct|Dernier titre|Hors antenne|Un instant …|Sans titre|Avant|Reconnexion …',
  es: 'En directo|Último título|Fuera de emisión|Un momento …|Sin título|Antes|Reconectando …'
}

/** Attributes with words of the page's own, such as `word-live`. */
export const WORD_ATTRIBUTES: readonly string[] = NAMES.map((name) => `word-${name}`)

/** In a language such as `de-AT`, else in English. */
export function wordOf (name: Word, lang: string): string {
  return `${WORDS[lang.slice(0, 2).toLowerCase()] ?? WORDS['en']}`.split('|')[NAMES.indexOf(name)] ?? ''
}
