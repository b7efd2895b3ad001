import { percentDecoded } from '../documents/mount.ts'
import { ANY_MOUNT_CHANGED, type HintKind, type Feed, type Hint } from './feed.ts'

/**
 * The statistics of a mount whose change justifies a read. Counters of traffic do not: each read of ours changes some of
 * them (`EVENT global clients 2`), so that each read would cause the next.
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

/** No mount name has so many spaces; what follows belongs to a value. */
const MAX_WORDS = 16

/**
 * The `STATS` method of 2.4 and 2.5, which accept any path. It requires an administrator (on 2.5 a role that may use the
 * method), and includes hidden mounts.
 *
 * Icecast drops lines of 200 bytes or more, and with them long titles. But the encoder's request that has set the title is
 * counted, so the number of requests is passed on as a hint.
 */
export function statsFeed (): Feed {
  const counters = new Map<string, number>()
  return {
    ...feed('', (line) => {
      const [, name, value] = /^EVENT global (client_connections|listener_connections) (\d+)$/.exec(line) ?? []
      if (name === undefined) return statsHint(line)
      counters.set(name, Number(value))
      return requestsHint(counters)
    }),
    begin () {
      counters.clear()
      return {}
    }
  }
}

/** Icecast counts each request in `client_connections`, and each new listener also in `listener_connections`. */
function requestsHint (counters: ReadonlyMap<string, number>): Hint | undefined {
  const [clients, listeners] = [counters.get('client_connections'), counters.get('listener_connections')]
  return clients === undefined || listeners === undefined ? undefined : { mount: null, kind: 'requests', requests: clients - listeners }
}

/**
 * The `STATS` method of icecast-kh, whose mounts are percent-encoded. At this path a wrong password gives 401 (at others
 * 404), and the relay password is enough for all mounts that are not hidden.
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
    // No Icecast sends a content type here; an error page of a proxy has one.
    recognizes: (contentType) => contentType === '' || /^text\/plain\b/i.test(contentType),
    read
  }
}

/** Returns the hint of a line such as `EVENT /main.mp3 title A - B`, `NEW audio/mpeg /main.mp3` or `DELETE /main.mp3`. */
export function statsHint (line: string): Hint | undefined {
  const words = line.split(' ', MAX_WORDS)
  switch (words[0]) {
    case 'EVENT': return eventHint(words)
    case 'DELETE':
    case 'FLUSH': return mountHint(words[1])
    // The content type may contain spaces: `audio/ogg; codecs=opus`.
    case 'NEW': return mountHint(words.at(-1))
    case 'INFO':
    case '': return undefined
    // 2.4 joins the remains of lines after it has lost some. A title with a line feed continues on a line of its own.
    default: return ANY_MOUNT_CHANGED
  }
}

function eventHint (words: string[]): Hint | undefined {
  if (words[1] === 'global') return undefined
  // A mount may contain spaces, which are not escaped. It ends before a known name that is followed by a value.
  for (const [at, word] of words.entries()) {
    const kind = at > 1 && at < words.length - 1 ? HINTS.get(word) : undefined
    if (kind !== undefined) return mountHint(words.slice(1, at).join(' '), kind)
  }
  // 2.4 and 2.5 send `null null` when a source has left (and for live sources, too), and `null` alone for a hidden one.
  return words.at(-2) === 'null' ? mountHint(words.slice(1, -2).join(' ')) : undefined
}

function mountHint (mount: string | undefined, kind: HintKind = 'metadata'): Hint | undefined {
  if (mount === 'global') return undefined
  return mount?.startsWith('/') ? { mount, kind } : ANY_MOUNT_CHANGED
}
