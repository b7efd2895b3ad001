import { ANY_MOUNT_CHANGED, type Feed, type Hint } from './feed.ts'

/** Icecast sends one line of data with each event. More data than this is cut, and then is not valid JSON. */
const MAX_DATA_LENGTH = 64 * 1024
/** These events also accompany listeners; when a source connects, other events announce it. */
const LISTENER_TRIGGER = /listener|flags/
/** Icecast's ids are UUIDs. An id is checked because it is sent back in a header. */
const EVENT_ID = /^[\w-]{1,64}$/

/**
 * The server-sent events of Icecast 2.5's `/admin/eventfeed`, which has neither a snapshot nor a heartbeat. It is requested
 * without `mount=`, because that is answered with 404 while the mount is offline. So it has events of all mounts, also of
 * hidden ones.
 */
export function eventFeed (): Feed {
  let lastId = ''
  let id = ''
  let data: string | null = null

  return {
    name: 'event feed',
    method: 'GET',
    path: 'admin/eventfeed',
    begin () {
      id = lastId
      data = null
      // Icecast keeps 32 events, and ignores an id that it does not know.
      return { accept: 'text/event-stream', ...(EVENT_ID.test(lastId) && { 'last-event-id': lastId }) }
    },
    // icecast-kh answers requests for unknown /admin/ paths with 200 and XML.
    recognizes: (contentType) => /^text\/event-stream\b/i.test(contentType),
    read (line) {
      if (line.startsWith('id:')) {
        id = line.slice(3).trim()
      } else if (line.startsWith('data:')) {
        if (data === null) data = line.slice(5)
        else if (data.length < MAX_DATA_LENGTH) data += '\n' + line.slice(5)
      } else if (line === '') {
        const event = data
        lastId = id
        data = null
        if (event !== null) return eventHint(event)
      }
      return undefined
    }
  }
}

/** Converts the data of one event to a hint. */
export function eventHint (data: string): Hint | undefined {
  const event = parseObject(data)
  if (event === null) return ANY_MOUNT_CHANGED
  const { mount, crude, vc } = event
  // Events without a mount, such as `icecast-stop`, are followed by the end of the connection.
  if (typeof mount !== 'string') return undefined
  if (!mount.startsWith('/')) return ANY_MOUNT_CHANGED
  const trigger = isObject(crude) ? crude['trigger'] : undefined
  if (typeof trigger === 'string' && LISTENER_TRIGGER.test(trigger)) return { mount, kind: 'listeners' }
  if (trigger === 'format-metadata-changed') return { mount, kind: 'metadata', title: null }
  return { mount, kind: 'metadata', ...isObject(vc) && announcedTitle(vc) }
}

/** MP3 and AAC sources send one text, and Ogg sources send the artist apart. */
function announcedTitle (comments: Record<string, unknown>): Pick<Hint, 'title' | 'artist'> {
  const text = firstText(comments['X_ICY_TITLE'])
  if (text !== undefined) return { title: text }
  const title = firstText(comments['TITLE'])
  return title === undefined ? {} : { title, artist: firstText(comments['ARTIST']) ?? null }
}

/** Comments are arrays of strings, because a name may occur more than once. */
function firstText (values: unknown): string | undefined {
  const value: unknown = Array.isArray(values) ? values[0] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

function parseObject (json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
