/** Titles are numbered: a page knows from one whether it has missed another, or is told them in the wrong order. */
export function titleOf (number: number, more = ''): string {
  return `Artist - Song ${number}${more}`
}

/** 0: none. */
export function numberOf (text: string | null | undefined): number {
  return Number(/Song (\d+)/.exec(text ?? '')?.[1] ?? 0)
}
