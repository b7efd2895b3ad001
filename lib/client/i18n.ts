/** The labels of the element by language, in the order that its attribute `words` uses. */
const LABELS: Readonly<Record<string, string>> = {
  en: 'Live|Last heard|Off the air|One moment …|No title|Earlier|Reconnecting …|Next:|Progress',
  de: 'Live|Zuletzt gehört|Nicht auf Sendung|Einen Moment …|Kein Titel|Zuvor|Verbinde neu …|Danach:|Fortschritt',
  fr: 'En direct|Dernier titre|Hors antenne|Un instant …|Sans titre|Avant|Reconnexion …|Ensuite :|Progression',
  es: 'En directo|Último título|Fuera de emisión|Un momento …|Sin título|Antes|Reconectando …|Después:|Progreso'
}

type Labels = [live: string, stale: string, offline: string, unknown: string, none: string, earlier: string, connecting: string, following: string, heard: string]

/** Returns the labels for a language tag such as `de-AT`; those in English if the language is not supported. `words` replaces labels, in the same order. */
export const labelsFor = (lang: string, words?: readonly string[]): Labels =>
  (LABELS[lang.slice(0, 2).toLowerCase()] ?? LABELS['en'] as string).split('|').map((label, index) => words?.[index] ?? label) as Labels
