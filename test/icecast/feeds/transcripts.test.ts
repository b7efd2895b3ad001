import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'tap'
import { eventFeed } from '../../../lib/icecast/feeds/eventfeed.ts'
import type { Feed, Hint } from '../../../lib/icecast/feeds/feed.ts'
import { lineSplitter } from '../../../lib/icecast/feeds/line-splitter.ts'
import { khStatsFeed, statsFeed } from '../../../lib/icecast/feeds/stats.ts'

const file = (path: string) => readFileSync(new URL(`../../fixtures/${path}`, import.meta.url))

/** What was done to a server (the beginning of the transcript's `###` line), and the hints that came of it. */
type Expected = [done: RegExp, hints: string]

const utf8 = '/utf8'
const mp3 = '/utf8.mp3'

// Each source that comes or goes makes 2.4 and 2.5 tell of all configured mounts.
const stats24: Expected[] = [
  [/^(connected|idle|end|one GET|wait|icecast gets)/, ''],
  [/^source .utf8 c/, '/utf8 /hidden /main /backup'],
  [/^updinfo song: LF/, '/utf8 /fake'],
  [/^updinfo song: CRLF/, '/utf8 all'],
  // Lines of 200 bytes and more are dropped by Icecast, as are letters that aren't UTF-8.
  [/^updinfo song = (18[1-9]|190|300)|bad UTF-8/, ''],
  [/^updinfo song=Secret on hidden/, '/hidden'],
  [/^updinfo/, utf8],
  [/^listener (joins|leaves$)/, '/utf8 (listeners)'],
  [/^hidden source/, '/hidden /utf8 /main /backup'],
  [/^source on mount with a space/, '/my radio /utf8 /hidden /main /backup'],
  [/^.backup connects/, '/backup /utf8 /hidden'],
  [/^.main connects/, '/main /backup /utf8 /hidden'],
  [/^listener on .main/, '/main (listeners)'],
  [/^.main drops/, '/main /backup /utf8 /hidden'],
  [/^listener leaves, .backup drops/, '/backup /utf8 /hidden /main']
]

const stats25: Expected[] = [
  [/^connected/, mp3],
  [/^(idle|end of idle|same mount)/, ''],
  [/^updinfo song=LF/, '/utf8.mp3 /fake'],
  [/^updinfo song=(CRLF|SSE)/, '/utf8.mp3 all'],
  [/^updinfo song=(250|3500|Latin-1)/, ''],
  [/^(updinfo|same title)/, mp3],
  [/^listener/, '/utf8.mp3 (listeners)'],
  [/^metadata on .second/, '/second.mp3'],
  [/^source .second/, '/second.mp3 /utf8.mp3 /hidden.mp3 /latin1.mp3'],
  [/^metadata on the hidden/, '/hidden.mp3'],
  [/^hidden source/, '/hidden.mp3 /utf8.mp3 /latin1.mp3'],
  [/^Opus source/, '/opus.ogg /utf8.mp3 /hidden.mp3 /latin1.mp3'],
  [/^Opus: next track/, '/opus.ogg'],
  [/./, '/utf8.mp3 /hidden.mp3 /latin1.mp3']
]

const eventfeed: Expected[] = [
  [/^(connected|idle|same mount|server gets)/, ''],
  [/^(listener|end of idle)/, '/utf8.mp3 (listeners)'],
  [/^source .second.mp3 connects/, '/second.mp3 /utf8.mp3 (listeners)'],
  [/second/, '/second.mp3'],
  [/hidden/, '/hidden.mp3'],
  [/^Opus/, '/opus.ogg'],
  [/./, mp3]
]

const statsKh: Expected[] = [
  [/^(idle|end of idle|same mount|server gets)/, ''],
  [/^updinfo song=LF/, '/utf8.mp3 /fake'],
  [/^updinfo song=(CRLF|SSE)/, '/utf8.mp3 all'],
  [/^listener/, '/utf8.mp3 (listeners)'],
  [/second/, '/second.mp3'],
  [/hidden/, '/hidden.mp3'],
  // It has no titles of Opus.
  [/^Opus: next track/, ''],
  [/^Opus/, '/opus.ogg'],
  [/./, mp3]
]

const transcripts: [path: string, feed: () => Feed, expected: Expected[]][] = [
  ['2.4/transcripts/stats-stream-annotated.txt', statsFeed, stats24],
  ['2.5/transcripts/stats.txt', statsFeed, stats25],
  ['2.5/transcripts/eventfeed-all.txt', eventFeed, eventfeed],
  ['2.5/transcripts/eventfeed-resume-5back.txt', eventFeed, [[/./, mp3]]],
  ['2.5/transcripts/fallback-eventfeed.txt', eventFeed, [
    [/^main/, '/main.mp3 /backup.mp3 (listeners)'],
    [/./, '/backup.mp3 /main.mp3']
  ]],
  ['kh/transcripts/stats.txt', khStatsFeed, statsKh],
  // With the relay password nothing is told of hidden mounts.
  ['kh/transcripts/stats-relaypw-streams.txt', khStatsFeed, [[/hidden/, ''], ...statsKh]],
  ['kh/transcripts/fallback-stats.txt', khStatsFeed, [
    [/^main/, '/main.mp3 /backup.mp3 (listeners)'],
    [/^end/, ''],
    [/./, '/backup.mp3 /main.mp3']
  ]]
]

/** Each thing done, and the hints that followed it, the same ones once; hints about the number of requests are left out. */
function replay (transcript: Buffer, feed: Feed): { done: string, hints: string }[] {
  let hints = new Map<string, boolean>()
  const steps = [{ done: 'connected', hints }]
  let inHead = true
  for (const entry of transcript.toString('latin1').split(/\r?\n/)) {
    const [, line] = /^ *[\d.]+(?: {2}(.*?))?(?:<CR>)?$/.exec(entry) ?? [entry, '']
    if (line?.startsWith('### ')) {
      if (line.startsWith('### connected')) continue
      hints = new Map()
      steps.push({ done: line.slice(4), hints })
    } else if (inHead) {
      inHead = entry !== '' && line !== '' && line !== undefined
    } else {
      const hint = feed.read(line ?? '')
      if (hint && hint.kind !== 'requests') hints.set(hint.mount ?? 'all', hints.get(hint.mount ?? 'all') === true || hint.kind === 'metadata')
    }
  }
  return steps.map(({ done, hints }) => ({
    done,
    hints: [...hints].map(([mount, hasMetadata]) => hasMetadata ? mount : `${mount} (listeners)`).join(' ')
  }))
}

for (const [path, feed, expected] of transcripts) {
  test(`what was done to a server, and the hints that came of it: ${path}`, (t) => {
    const steps = replay(file(path), feed())
    for (const { done, hints } of steps) {
      t.equal(hints, expected.find(([pattern]) => pattern.test(done))?.[1], done.slice(0, 60))
    }
    t.end()
  })
}

const recordings: [path: string, feed: () => Feed][] = [
  ['2.4/transcripts/stats-stream-raw.bin', statsFeed],
  ['2.5/transcripts/stats.raw', statsFeed],
  ['2.5/transcripts/eventfeed-all.raw', eventFeed],
  ['kh/transcripts/stats.raw', khStatsFeed],
  ['kh/transcripts/stats-relaypw-streams.raw', khStatsFeed]
]

function read (feed: Feed, pieces: Iterable<Uint8Array>): Hint[] {
  const hints: Hint[] = []
  const push = lineSplitter(16 * 1024, (line) => {
    const hint = feed.read(line)
    if (hint) hints.push(hint)
  })
  for (const piece of pieces) push(Buffer.from(piece))
  return hints
}

test('the hints are the same in whatever pieces a feed comes', (t) => {
  for (const [path, feed] of recordings) {
    const recorded = file(path)
    const body = recorded.subarray(recorded.indexOf('\r\n\r\n') + 4)
    const whole = read(feed(), [body])
    t.ok(whole.length > 20, path)
    fc.assert(fc.property(fc.infiniteStream(fc.integer({ min: 1, max: 3000 })), (sizes) => {
      const pieces: Buffer[] = []
      for (let from = 0; from < body.length;) {
        const size = sizes.next().value ?? 1
        pieces.push(body.subarray(from, from + size))
        from += size
      }
      t.same(read(feed(), pieces), whole)
    }), { numRuns: 15 })
    t.same(read(feed(), Array.from(body, (byte) => Uint8Array.of(byte))), whole, 'byte by byte')
  }
  t.end()
})

test('no garbage makes a feed throw', (t) => {
  const token = fc.constantFrom('EVENT ', 'EVENT', 'NEW ', 'DELETE ', '/a', ' ', ' title ', ' listeners ', 'null', '\n', '\r\n',
    '\n\n', 'id: ', 'data: ', 'data: {"mount":', '"/a"', ',"crude":', '{"trigger":', '}', '[', '%', '%ff', '\u0000', 'é')
  const garbage = fc.array(fc.oneof(token.map((text) => Buffer.from(text)), fc.uint8Array()))
  fc.assert(fc.property(garbage, (pieces) => {
    for (const feed of [eventFeed(), statsFeed(), khStatsFeed()]) {
      for (const { mount, kind } of read(feed, pieces)) {
        if (typeof mount !== 'string' && mount !== null) t.fail(`not a mount: ${String(mount)}`)
        if (!['metadata', 'listeners', 'requests'].includes(kind)) t.fail(`unknown kind ${kind}`)
      }
      feed.begin()
    }
  }), { numRuns: 2000 })
  t.end()
})
