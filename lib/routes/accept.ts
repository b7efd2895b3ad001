/** What the addresses can answer with. */
export type Form = 'json' | 'text' | 'events'

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['*/*', 'json'], ['application/*', 'json'], ['application/json', 'json'],
  ['text/plain', 'text'],
  ['text/event-stream', 'events']
])

/** What an `Accept` header prefers (RFC 9110, section 12.5.1): of equals the first, and JSON when it names none of them. */
export function preferred (header: string | undefined): Form {
  let best: Form = 'json'
  if (header === undefined || header === '*/*') return best
  let most = 0
  for (const range of header.split(',')) {
    const [type = '', ...parameters] = range.split(';')
    const form = FORMS.get(type.trim().toLowerCase())
    if (form === undefined) continue
    const quality = qualityOf(parameters)
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
