/** The forms in which the routes can answer. */
export type Form = 'json' | 'text' | 'events'

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['*/*', 'json'], ['application/*', 'json'], ['application/json', 'json'],
  ['text/plain', 'text'], ['text/*', 'text'],
  ['text/event-stream', 'events']
])

/** Less than two qualities can differ. `text/*` includes `text/event-stream`, so a type that is named beside it is preferred. */
const WILDCARD_PENALTY = 0.0001

/** The form that an `Accept` header prefers (RFC 9110, section 12.5.1): the first of equals, and JSON if it names none of them. */
export function preferred (header: string | undefined): Form {
  let best: Form = 'json'
  if (header === undefined || header === '*/*') return best
  let most = 0
  for (const range of header.split(',')) {
    const [type = '', ...parameters] = range.split(';')
    const name = type.trim().toLowerCase()
    const form = FORMS.get(name)
    if (form === undefined) continue
    const quality = qualityOf(parameters) - (name === 'text/*' ? WILDCARD_PENALTY : 0)
    if (quality <= most) continue
    most = quality
    best = form
  }
  return best
}

function qualityOf (parameters: readonly string[]): number {
  const given = parameters.map((parameter) => /^\s*q=(\d(?:\.\d{0,3})?)\s*$/i.exec(parameter)?.[1]).find((value) => value !== undefined)
  return given === undefined ? 1 : Number(given)
}
