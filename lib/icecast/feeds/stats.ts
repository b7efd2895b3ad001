import { percentDecoded } from '../documents/mount.ts'
import { ANY_MOUNT_CHANGED, type HintKind, type Feed, type Hint } from './feed.ts'

/**
 * What is worth a read. Everything else gives no hint, above all the counters: each read of ours changes some
 * (`EVENT global clients 2`), and a hint from these would be a read for ever.
 */
const HINTS = new Map<string, HintKind>([
  ['title', 'metadata'],
  ['artist', 'metadata'],
  ['display-title', 'metadata'],
  ['yp_currently_playing', 'metadata'],
  ['metadata_updated', 'metadata'],
  ['stream_start', 'metadata'],
  ['server_name', 'metadata'],
  ['server_description', 'metadata'],
  ['server_url', 'metadata'],
  ['server_type', 'metadata'],
  ['genre', 'metadata'],
  ['bitrate', 'metadata'],
  ['listeners', 'listeners'],
  ['listener_peak', 'listeners']
])

/** More spaces than a mount has; the rest of the line is some value. */
const MAX_WORDS = 16

/** The `STATS` method of 2.4 and 2.5, where any path will do. For administrators; hidden mounts are in it. */
export function statsFeed (): Feed {
  return feed('', statsHint)
}

/**
 * The same for icecast-kh, whose mounts stay percent-encoded. At this path a wrong password is a 401 (at others a 404),
 * and the relay password is enough for all that isn't hidden.
 */
export function khStatsFeed (): Feed {
  return feed('admin/streams', (line) => {
    const hint = statsHint(line)
    return hint?.mount ? { ...hint, mount: percentDecoded(hint.mount) } : hint
  })
}

function feed (path: string, read: Feed['read']): Feed {
  return {
    name: 'statistics feed',
    method: 'STATS',
    path,
    begin: () => ({}),
    // No Icecast names a type here; a page from someone in between has one.
    recognises: (contentType) => contentType === '' || /^text\/plain\b/i.test(contentType),
    read
  }
}

/** What one line hints at, such as `EVENT /main.mp3 title A - B`, `NEW audio/mpeg /main.mp3` or `DELETE /main.mp3`. */
export function statsHint (line: string): Hint | undefined {
  const words = line.split(' ', MAX_WORDS)
  switch (words[0]) {
    case 'EVENT': return eventHint(words)
    case 'DELETE':
    case 'FLUSH': return mountHint(words[1])
    // The type may have spaces: `audio/ogg; codecs=opus`.
    case 'NEW': return mountHint(words.at(-1))
    case 'INFO':
    case '': return undefined
    // 2.4 glues pieces together after losing lines; and a title with a line feed goes on here.
    default: return ANY_MOUNT_CHANGED
  }
}

function eventHint (words: string[]): Hint | undefined {
  if (words[1] === 'global') return undefined
  // A mount may have spaces, which nothing escapes: it ends where a known name and then a value follow.
  for (const [at, word] of words.entries()) {
    const about = at > 1 && at < words.length - 1 ? HINTS.get(word) : undefined
    if (about !== undefined) return mountHint(words.slice(1, at).join(' '), about)
  }
  // 2.4 and 2.5 say `null null` of a source that has gone (of one that is there, too), `null` and nothing of a hidden one.
  return words.at(-2) === 'null' ? mountHint(words.slice(1, -2).join(' ')) : undefined
}

function mountHint (mount: string | undefined, about: HintKind = 'metadata'): Hint | undefined {
  if (mount === 'global') return undefined
  return mount?.startsWith('/') ? { mount, kind: about } : ANY_MOUNT_CHANGED
}
