import type { Transport } from './contenders.ts'

export interface Bars {
  name: string
  transport: Transport
  isOurs: boolean
  /** One value for each number of subscribers; NaN: none. */
  values: readonly number[]
}

const [WIDTH, LEFT, RIGHT] = [760, 250, 60]
const [BAR, GAP] = [10, 12]
/** The opacity of a bar: more subscribers, more opaque. */
const SHADES = [0.4, 0.7, 1]

/** Draws bars by contender as SVG, for light and dark pages. Values are in µs. */
export function chart (sizes: readonly number[], all: readonly Bars[]): string {
  const most = Math.max(...all.flatMap(({ values }) => values.filter(Number.isFinite)), 1)
  const perUnit = (WIDTH - LEFT - RIGHT) / most
  const parts: string[] = []
  let y = 34
  parts.push(text(24, y, 'h', 'CPU per delivered update, in µs of the server\'s CPU (less is better)'))
  y += 24
  for (const [at, size] of sizes.entries()) {
    const x = LEFT + at * 150
    parts.push(`<rect class="b" x="${x}" y="${y - 9}" width="10" height="10" rx="2" opacity="${SHADES[at] ?? 1}"/>`, text(x + 16, y, 's', `${size.toLocaleString('en')} subscribers`))
  }
  y += 14
  for (const transport of new Set(all.map(({ transport }) => transport))) {
    y += 18
    parts.push(text(24, y, 'g', transport))
    y += 12
    for (const { name, isOurs, values } of all.filter((bars) => bars.transport === transport)) {
      parts.push(text(LEFT - 12, y + (values.length * BAR) / 2 + 4, isOurs ? 'o' : 'n', name))
      for (const [at, value] of values.entries()) {
        if (Number.isFinite(value)) {
          const width = Math.max(1, value * perUnit)
          parts.push(`<rect class="${isOurs ? 'us' : 'b'}" x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 1}" rx="2" opacity="${SHADES[at] ?? 1}"/>`,
            text(LEFT + width + 6, y + BAR - 2, 's', value.toFixed(1)))
        }
        y += BAR
      }
      y += GAP
    }
  }
  y += 4
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="CPU per delivered update">
<style>
.page { fill: #ffffff; stroke: #d0d7de }
text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
.h { font-size: 15px; font-weight: 600 }
.g { font-weight: 600; fill: #59636e }
.n, .o { text-anchor: end }
.o { font-weight: 700 }
.s { font-size: 10px; fill: #59636e }
.b { fill: #7d8590 }
.us { fill: #0969da }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; stroke: #3d444d }
text { fill: #f0f6fc }
.g, .s { fill: #9198a1 }
.b { fill: #8b949e }
.us { fill: #4493f8 }
}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${y - 1}" rx="8"/>
${parts.join('\n')}
</svg>
`
}

function text (x: number, y: number, kind: string, content: string): string {
  const safe = content.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`)
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}">${safe}</text>`
}
