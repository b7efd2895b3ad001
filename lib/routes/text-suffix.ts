import type { PublishedState } from '../state/published-state.ts'
import type { Form } from './accept.ts'

/** After the id of a station in a URL: plain text, for software that cannot set the header `Accept`. */
export const TEXT_SUFFIX = '.txt'

/**
 * The station that a URL names, and the form of the answer: `main.txt` is the station `main` as plain text. An id may end in
 * `.txt` itself, so a station with exactly this id comes first.
 */
export function readTextSuffix (state: PublishedState, id: string, form: Form): { id: string, form: Form } {
  const prefix = id.slice(0, -TEXT_SUFFIX.length)
  const isText = form !== 'events' && id.endsWith(TEXT_SUFFIX) && state.get(id) === undefined && state.get(prefix) !== undefined
  return isText ? { id: prefix, form: 'text' } : { id, form }
}
