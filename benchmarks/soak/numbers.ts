/** Titles are numbered, so that a page can detect missed and reordered titles. */
export function titleOf (number: number, more = ''): string {
  return `Artist - Song ${number}${more}`
}

/** Returns 0 if there is none. */
export function numberOf (text: string | null | undefined): number {
  return Number(/Song (\d+)/.exec(text ?? '')?.[1] ?? 0)
}
