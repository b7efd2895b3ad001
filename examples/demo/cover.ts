/** Returns a pseudorandom generator (0 to 1) that is seeded with a text. */
function dice (text: string): () => number {
  let state = 2166136261
  for (const letter of text) state = Math.imul(state ^ Number(letter.codePointAt(0)), 16777619)
  return () => {
    state = Math.imul(state ^ state >>> 15, state | 1)
    state ^= state + Math.imul(state ^ state >>> 7, state | 61)
    return ((state ^ state >>> 14) >>> 0) / 2 ** 32
  }
}

/** The hue of a text in degrees; page.html has the same function. */
function hueOf (text: string): number {
  let sum = 0
  for (const letter of text) sum = (sum * 31 + Number(letter.codePointAt(0))) % 360
  return sum
}

/** Draws a placeholder cover as SVG. */
export function drawCover (text: string): string {
  const next = dice(text)
  const roll = (from: number, to: number): number => Math.round(from + (to - from) * next())
  const hue = hueOf(text)
  const other = hue + (next() < 0.5 ? roll(35, 75) : roll(150, 190))
  const paint = (light: number, chroma: number, hue: number): string => `oklch(${light.toFixed(2)} ${chroma} ${Math.round(hue) % 360})`
  const times = (count: number, draw: (index: number) => string): string => Array.from({ length: count }, (_, index) => draw(index)).join('')

  const hills = (): string => `<circle cx="${roll(90, 310)}" cy="${roll(110, 180)}" r="${roll(45, 85)}" fill="${paint(0.84, 0.12, other)}"/>` + times(5, (index) => {
    const y = 185 + index * 42
    const fill = paint(0.62 - index * 0.095, 0.1, hue + (other - hue) * index / 14)
    return `<path d="M0 ${y + roll(-15, 15)}C130 ${y + roll(-45, 45)} 250 ${y + roll(-45, 45)} 400 ${y + roll(-20, 20)}V400H0Z" fill="${fill}"/>`
  })
  const rings = (): string => {
    const [x, y] = [roll(60, 340), roll(60, 340)]
    return times(9, (index) => `<circle cx="${x}" cy="${y}" r="${(9 - index) * 46}" fill="${paint(0.38 + index * 0.05, 0.1, index % 2 === 0 ? hue : other)}"/>`)
  }
  const tiles = (): string => times(16, (index) => {
    const fill = next() < 0.4 ? paint(roll(74, 86) / 100, 0.11, other) : paint(roll(50, 70) / 100, 0.12, hue)
    return `<path d="M0 0A100 100 0 0 1 100 100H0Z" transform="translate(${index % 4 * 100} ${Math.floor(index / 4) * 100}) rotate(${roll(0, 3) * 90} 50 50)" fill="${fill}"/>`
  })
  const kind = roll(0, 2)
  const drawing = kind === 0 ? hills() : kind === 1 ? rings() : tiles()

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">
<linearGradient id="sky" x2="0" y2="1"><stop stop-color="${paint(0.45, 0.1, hue)}"/><stop offset="1" stop-color="${paint(0.3, 0.07, other)}"/></linearGradient>
<rect width="400" height="400" fill="url(#sky)"/>${drawing}</svg>
`
}
