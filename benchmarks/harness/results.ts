import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { Missing, source } from './program.ts'

/** Runs with small numbers, for a quick check; results are not written. */
export const isQuick = process.env['BENCH_QUICK'] === '1'

/** The sections of `results.md`, in their order. */
const SECTIONS = ['wire', 'fanout', 'memory', 'rest', 'connect', 'icecast', 'streams', 'latency', 'soak', 'backplane', 'backplane-soak'] as const
type Section = typeof SECTIONS[number]
const LAST = 'notes'

/** Written by hand, and appended as the last section. */
const NOTES = 'notes.md'

const HEAD = `# Results

Each section is written by one command, from one run. Machines differ, so look at the ratios.
`

/** The cells of a table row; numbers are rounded to their significant digits. */
export type Row = ReadonlyArray<string | number>

/** Formats a Markdown table with aligned columns. */
export function table (head: readonly string[], rows: readonly Row[]): string {
  const cells = [head, ...rows.map((row) => row.map(show))]
  const widths = head.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)))
  const lines = cells.map((row) => `| ${row.map((cell, at) => at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)).join(' | ')} |`)
  const rule = `|${widths.map((width, at) => at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`).join('|')}|`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

function show (cell: string | number): string {
  if (typeof cell === 'string') return cell
  if (!Number.isFinite(cell)) return '–'
  if (Math.abs(cell) < 0.005) return '0.00'
  const size = Math.abs(cell)
  return size >= 100 ? cell.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',') : size >= 10 ? cell.toFixed(1) : cell.toFixed(2)
}

/** Prints a section, and writes it to `results.md` unless the run was too short to be meaningful. */
export function publish (section: Section, title: string, text: string, { isWritten = !isQuick } = {}): void {
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim() || process.arch}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`
  const whole = `## ${title}\n\n\`npm run ${section === 'soak' ? section : section === 'backplane-soak' ? 'soak:backplane' : `bench:${section}`}\` on ${machine}\n\n${text.trim()}\n`
  console.log(`\n${whole}`)
  if (!isWritten) return console.log('(This run was too short to be meaningful; results.md is unchanged.)')
  const path = source('results.md')
  const sections = read(path).set(section, whole)
  const notes = existsSync(source(NOTES)) ? `\n${mark(LAST)}\n${readFileSync(source(NOTES), 'utf8')}` : ''
  writeFileSync(path, [HEAD, ...SECTIONS.map((name) => {
    const kept = sections.get(name)
    return kept === undefined ? '' : `\n${mark(name)}\n${kept}`
  }), notes].join(''))
}

function mark (section: string): string {
  return `<!-- ${section} -->`
}

function read (path: string): Map<string, string> {
  const found = new Map<string, string>()
  if (!existsSync(path)) return found
  const [, ...parts] = readFileSync(path, 'utf8').split(/^<!-- ([\w-]+) -->\n/m)
  for (let at = 0; at < parts.length; at += 2) found.set(parts[at] ?? '', `${parts[at + 1]?.trim()}\n`)
  return found
}

/** Formats a number without decimals. */
export function whole (value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–'
}

export function progress (text: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)
}

export function median (values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1] ?? NaN, sorted[sorted.length >> 1] ?? NaN]
  return (low + high) / 2
}

/**
 * The median of the ratios of all rounds: a shared machine becomes slower and faster during a run, but less within one
 * round.
 */
export function medianRatio (values: readonly number[], base: readonly number[] = []): number {
  return median(values.map((value, round) => value / (base[round] ?? NaN)))
}

/** Reverses the order in odd rounds, so that no contender is always measured after the same other. */
export function inTurn<T> (all: readonly T[], round: number): T[] {
  return round % 2 === 0 ? [...all] : all.toReversed()
}

/** Runs a benchmark and ends the process; prints what is not installed, if a program is missing. */
export async function bench (run: () => Promise<void>): Promise<never> {
  try {
    if (!existsSync('/proc/self/stat')) throw new Missing('Linux: CPU is read from /proc')
    await run()
    process.exit(0)
  } catch (error) {
    console.error(error instanceof Missing ? `Missing: ${error.message}` : error)
    process.exit(1)
  }
}
