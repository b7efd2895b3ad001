/** What the addresses can answer with. */
export type Form = 'json' | 'text' | 'events'

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['*/*', 'json'], ['application/*', 'json'], ['application/json', 'json'],
  ['text/plain', 'text'], ['text/*', 'text'],
  ['text/event-stream', 'events']
])

/** Less than qualities differ by: a stream of events is text too, so what is named beside `text/*` comes before it. */
const LESS = 0.0001

/** What an `Accept` header prefers (RFC 9110, section 12.5.1): of equals the first, and JSON when it names none of them. */
export function preferred (header: string | undefined): Form {
  let best: Form = 'json'
  if (header === undefined || header === '*/*') return best
  let most = 0
  for (const range of header.split(',')) {
    const [type = '', ...parameters] = range.split(';')
    const name = type.trim().toLowerCase()
    const form = FORMS.get(name)
    if (form === undefined) continue
    const quality = qualityOf(parameters) - (name === 'text/*' ? LESS : 0)
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
