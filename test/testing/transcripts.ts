import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { FakeIcecast, Version } from '../../lib/testing/index.ts'

/** The lines of a transcript by the remark before them, each one character a byte; those of the beginning by ''. */
export function transcript (version: Version, file: string): Map<string, string[]> {
  const text = readFileSync(new URL(`../fixtures/${version}/transcripts/${file}.txt`, import.meta.url), 'latin1')
  const steps = new Map<string, string[]>([['', []]])
  let lines = steps.get('')
  for (const timed of text.split('\n')) {
    // Seconds since the beginning, then the line.
    const line = timed.replace(/^ *[\d.]+ {2}/, '').replace(/<CR>$/, '\r')
    if (line.startsWith('### ')) steps.set(Buffer.from(line.slice(4), 'latin1').toString(), lines = [])
    else if (timed !== '') lines?.push(line)
  }
  return steps
}

/** Reads a feed of a fake. */
export class FeedReader {
  readonly socket: Socket
  received = ''

  constructor (icecast: FakeIcecast, request: string, auth: string) {
    this.socket = connect(Number(new URL(icecast.url).port), '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', chunk => { this.received += chunk.toString('latin1') })
    this.socket.write(`${request}\r\nAuthorization: Basic ${Buffer.from(auth).toString('base64')}\r\n\r\n`)
  }

  /** Waits for a piece of text, and gives all that has come until then, for once. */
  async until (text: string): Promise<string> {
    for (;;) {
      const at = this.received.indexOf(text)
      if (at !== -1) {
        const before = this.received.slice(0, at)
        this.received = this.received.slice(at + text.length)
        return before
      }
      await new Promise(resolve => this.socket.once('data', resolve))
    }
  }
}
