import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { fakeIcecast, type FakeIcecast, type FakeIcecastOptions, type Version } from '../../lib/testing/index.ts'

/** Something that happened on a real server while its answers were recorded. */
export interface Scene {
  /** What the server was doing, in a test's title. */
  title: string
  /** What happens first. */
  play: (icecast: FakeIcecast) => void | Promise<void>
  /** The recording's file, and what was asked for it. */
  answers: Record<string, Ask | string>
}

export interface Ask {
  path: string
  method?: string
  /** `user:password` */
  auth?: string
  headers?: string
  version?: '1.0' | '1.1'
}

export const admin = 'admin:hackme'

/** The lab in which the recordings were made. */
export const lab: Partial<FakeIcecastOptions> = { admin: 'lab@localhost', location: 'lab' }

/** Each scene is played to the fake, which must then give the very bytes that the real server gave. */
export function replay (t: Test, version: Version, scenes: Scene[], normalise: (answer: string) => string): void {
  for (const { title, play, answers } of scenes) {
    t.test(title, async t => {
      await using icecast = await fakeIcecast({ ...lab, version })
      await play(icecast)
      await same(t, icecast, version, answers, normalise)
    })
  }
}

/** The fake gives the very bytes that were recorded; which is nothing to say of those that were not. */
export async function same (
  t: Test, icecast: FakeIcecast, version: Version, answers: Scene['answers'], normalise: (answer: string) => string
): Promise<void> {
  for (const [file, ask] of Object.entries(answers)) {
    const was = readFileSync(new URL(`../fixtures/${version}/${file}`, import.meta.url), 'latin1')
    const is = await answer(icecast, typeof ask === 'string' ? { path: ask } : ask)
    t.equal(normalise(is), normalise(was), file)
  }
}

/** All bytes of an answer, one character a byte. */
export async function answer (icecast: FakeIcecast, { path, method = 'GET', auth, headers = '', version = '1.1' }: Ask): Promise<string> {
  const socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
  let received = ''
  socket.on('data', chunk => { received += chunk.toString('latin1') })
  socket.on('error', () => {})
  const credentials = auth === undefined ? '' : `Authorization: Basic ${Buffer.from(auth).toString('base64')}\r\n`
  socket.write(`${method} ${path} HTTP/${version}\r\nHost: ${new URL(icecast.url).host}\r\nConnection: close\r\n${credentials}${headers}\r\n`)
  await new Promise(resolve => socket.once('close', resolve))
  return received
}

/** What is never the same twice: times, ports, and a length that depends on them. The length must be right, though. */
export function without (answer: string, ...others: [RegExp, string][]): string {
  const [head = '', body = ''] = answer.split(/(?<=\r\n\r\n)(.*)/s)
  const length = /Content-Length: (\d+)/.exec(head)?.[1]
  const isRight = length === undefined || Number(length) === body.length ? 'right' : `${length}, but it is ${body.length}`
  return [
    // Node takes a reset right after the last byte for an ordinary end.
    [/<<RST>>$/, ''],
    [/Content-Length: \d+/, `Content-Length: ${isRight}`],
    [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d/g, 'DAY, TIME'],
    [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/g, 'ISO TIME'],
    [/\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d/g, 'LOG TIME'],
    [/(?<=http:\/\/(?:localhost|127\.0\.0\.1):)\d+/g, 'PORT'],
    ...others
  ].reduce((text, [what, name]) => text.replace(what as RegExp, name as string), answer)
}
