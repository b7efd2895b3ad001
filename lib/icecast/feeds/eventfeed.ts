import { ANY_MOUNT_CHANGED, type Feed, type Hint } from './feed.ts'

/** Icecast sends one line of data with each event; whatever has more is not whole JSON any more. */
const MAX_DATA = 64 * 1024
/** Flags change with listeners too; with a source there are other events beside. */
const MINOR = /listener|flags/
/** Icecast's ids are UUIDs. What goes back in a header is checked. */
const ID = /^[\w-]{1,64}$/

/**
 * Server-sent events of Icecast 2.5's `/admin/eventfeed`. It sends no snapshot and no heartbeat. Asked without `mount=`,
 * which is 404 while that mount is offline, so it tells of every mount, hidden ones too.
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
      // Icecast keeps 32 events; it ignores an id that it does not know.
      return { accept: 'text/event-stream', ...(ID.test(lastId) && { 'last-event-id': lastId }) }
    },
    // icecast-kh answers any unknown /admin/ path with 200 and XML.
    recognises: (contentType) => /^text\/event-stream\b/i.test(contentType),
    read (line) {
      if (line.startsWith('id:')) {
        id = line.slice(3).trim()
      } else if (line.startsWith('data:')) {
        if (data === null) data = line.slice(5)
        else if (data.length < MAX_DATA) data += '\n' + line.slice(5)
      } else if (line === '') {
        const whole = data
        lastId = id
        data = null
        if (whole !== null) return eventHint(whole)
      }
      return undefined
    }
  }
}

/** What the data of one event hints at. */
export function eventHint (data: string): Hint | undefined {
  const event = parseObject(data)
  if (event === null) return ANY_MOUNT_CHANGED
  const { mount, crude } = event
  // Not about a mount, such as `icecast-stop`: the connection's end says it better.
  if (typeof mount !== 'string') return undefined
  if (!mount.startsWith('/')) return ANY_MOUNT_CHANGED
  const trigger = isObject(crude) ? crude['trigger'] : undefined
  return { mount, kind: typeof trigger === 'string' && MINOR.test(trigger) ? 'listeners' : 'metadata' }
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
