import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import type { Test } from 'tap'
import type { Report } from '../../../lib/icecast/report.ts'

const FIXTURES = new URL('../../fixtures/', import.meta.url)

type Row = [path: string, live: boolean, title: string | null, artist: string | null, listeners: number | null]
/** By the recording's name: what it says, mount by mount, or why it can not be read. */
type Table = Record<string, Row[] | string>

/** The body of a recorded response: `recording('2.4/one-mp3.http')`. */
export function recording (path: string): Buffer {
  const response = readFileSync(new URL(path, FIXTURES))
  return response.subarray(response.indexOf('\r\n\r\n') + 4)
}

/** The recordings in a folder, of answers with 200, whose name ends so; their names without that ending. */
export function recordings (folder: string, ending: string): string[] {
  return readdirSync(new URL(`${folder}/`, FIXTURES))
    .filter((file) => file.endsWith(ending) && !(ending === '.http' && file.endsWith('.adminstats.http')))
    .filter((file) => /^HTTP\/1\.\d 200 /.test(readFileSync(new URL(`${folder}/${file}`, FIXTURES), 'latin1')))
    .map((file) => file.slice(0, -ending.length))
}

/** Holds every recording of a document to `<folder>/<table>`; one without a row there is a failure, and so is the reverse. */
export function checkRecordings (
  t: Test, folder: string, ending: string, table: string, parse: (body: Buffer) => Report
): void {
  const expected: Table = JSON.parse(readFileSync(new URL(`${folder}/${table}`, FIXTURES), 'utf8'))
  const names = recordings(folder, ending)
  t.strictSame(Object.keys(expected).sort(), names.sort(), 'every recording has its row')
  for (const name of names) {
    t.strictSame(outcome(() => parse(recording(`${folder}/${name}${ending}`))), expected[name], name)
  }
}

/** A report as a table has it. */
export function outcome (parse: () => Report): Row[] | string {
  try {
    return parse().mounts.map(({ path, live, title, artist, listeners }) => [path, live, title, artist, listeners])
  } catch (error) {
    if (isBadDocument(error)) return error.message
    throw error
  }
}

export function isBadDocument (error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'FST_ICECAST_BAD_DOCUMENT'
}

/** The document with some of its bytes replaced, left out or doubled. */
export function mutated (body: Buffer): fc.Arbitrary<Buffer> {
  const edit = fc.record({
    at: fc.nat(body.length),
    drop: fc.nat(20),
    put: fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.constantFrom('"', '\\', '{', '[', ',', '<', '&', '>').map((s) => Buffer.from(s)))
  })
  return fc.array(edit, { minLength: 1, maxLength: 5 }).map((edits) => edits.reduce<Buffer>(
    (bytes, { at, drop, put }) => Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + drop)]), body))
}
