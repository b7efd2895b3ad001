/** What the element says by itself, in the order in which its attribute `words` has them. */
const WORDS: Readonly<Record<string, string>> = {
  en: 'Live|Last heard|Off the air|One moment …|No title|Earlier|Reconnecting …',
  de: 'Live|Zuletzt gehört|Nicht auf Sendung|Einen Moment …|Kein Titel|Zuvor|Neu verbinden …',
  fr: 'En direct|Dernier titre|Hors antenne|Un instant …|Sans titre|Avant|Reconnexion …',
  es: 'En directo|Último título|Fuera de emisión|Un momento …|Sin título|Antes|Reconectando …'
}

/** `lang`: such as `de-AT`. Where it isn't known: English. */
export const wordsIn = (lang: string): string => WORDS[lang.slice(0, 2)] ?? `${WORDS['en']}`
