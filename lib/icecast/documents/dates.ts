// kh: `22/Nov/2026:05:50:30 +0000`.
const KH_DATE = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})$/
// 2.4 and 2.5: `2026-11-22T05:48:23+0000`, which has no colon in its offset.
const ISO_8601 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(Z|[+-]\d{2}:?\d{2})$/
// 2.3: `Sun, 22 Apr 2012 02:04:32 +0200`.
const RFC_5322 = /^[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4}$/

/** A date of any Icecast as ISO 8601 in UTC with milliseconds; null when it is missing, not a date, or has no time zone. */
export function toIsoDate (text: string | null): string | null {
  const milliseconds = Date.parse(toParsable(text ?? ''))
  const date = Number.isNaN(milliseconds) ? '' : new Date(milliseconds).toISOString()
  // In UTC the year may be outside 0–9999, which ISO 8601 writes with a sign and six digits.
  return /^\d{4}-/.test(date) ? date : null
}

function toParsable (text: string): string {
  const [, day, month, year, time, offset] = KH_DATE.exec(text) ?? []
  if (day !== undefined) return `${day} ${month} ${year} ${time} ${offset}`
  const [, local, zone] = ISO_8601.exec(text) ?? []
  if (local !== undefined && zone !== undefined) return local + zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2')
  return RFC_5322.test(text) ? text : ''
}
