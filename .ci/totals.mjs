// Adds up what `npm cit` did, from what it printed (first argument: the file) and its exit code (second argument).
// A stage that failed counts as one failure at least; one that crashed, or never began, can't be lost.
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

process.on('uncaughtException', (error) => {
  console.error(error)
  process.exit(2)
})

const [file, exitCode] = process.argv.slice(2)
const log = stripVTControlCharacters(readFileSync(file, 'utf8'))

/** The last match's first group, or all of it. */
const last = (text, pattern) => [...text.matchAll(pattern)].at(-1)?.at(-1) ?? ''

// npm announces each script: "> fastify-icecast@0.1.0 lint".
const begun = [...log.matchAll(/^> \S+@\S+ (lint|test:types|test:unit|test:package)$/gm)]

/** What a stage printed, and whether it ended well: then the next one began, or all is over with 0. */
function stage (name) {
  const index = begun.findIndex((match) => match[1] === name)
  if (index === -1) return { text: '', ended: false }
  const next = begun[index + 1]
  return { text: log.slice(begun[index].index, next?.index), ended: next !== undefined || exitCode === '0' }
}

const lint = stage('lint')
const types = stage('test:types')
const unit = stage('test:unit')
const packed = stage('test:package')

// tstyche begins when tsc has found nothing.
const tsc = types.text.includes('TSTyche')
const typeTests = last(types.text, /^Tests: .*$/gm)
const tap = last(unit.text, /^# \{ total: [^}]*\}$/gm)
const checks = last(packed.text, /^\d+ passed, \d+ failed$/gm)

const rows = [
  ['eslint', lint.ended, lint.ended, 0],
  ['tsc', tsc, tsc, 0],
  ['tstyche', types.ended, last(typeTests, /(\d+) passed/g), last(typeTests, /(\d+) failed/g)],
  ['tap', unit.ended, last(tap, /pass: (\d+)/g), last(tap, /fail: (\d+)/g)],
  ['package', packed.ended, last(checks, /(\d+) passed/g), last(checks, /(\d+) failed/g)]
]

/** What failed, as tap told it: a long log may be cut before anybody reads it, so it is said once more at the end. */
function failures (text) {
  const blocks = text.matchAll(/^( *)not ok .*\n(?:\1 {2}---\n(?:.*\n)*?\1 {2}\.\.\.\n)?/gm)
  return [...blocks].map(([block]) => block.split('\n').slice(0, 40).join('\n').trimEnd())
}
for (const block of failures(unit.text)) console.log(`${block}\n`)

let passed = 0
let failed = 0
for (const [name, ended, passes, failures] of rows) {
  const good = Number(passes)
  // Ended by something that is no test (a crash, the coverage), or "well" without having tested anything.
  const broken = Number(failures) === 0 && (!ended || good === 0)
  const bad = broken ? 1 : Number(failures)
  passed += good
  failed += bad
  console.log(`${name.padEnd(8)} ${good} passed, ${bad} failed${broken ? ': it did not run to a good end' : ''}`)
}
const left = Number(last(tap, /skip: (\d+)/g)) + Number(last(tap, /todo: (\d+)/g))
if (left > 0) console.log(`tap      ${left} skipped or left to do, not counted`)
if (failed === 0 && exitCode !== '0') {
  failed = 1
  console.log(`npm cit ended with exit code ${exitCode}`)
}

console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
