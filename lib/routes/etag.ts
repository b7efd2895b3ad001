/** Whether an `If-None-Match` header names this tag (RFC 9110, section 13.1.2: the weak comparison). */
export function matches (header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((one) => one.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(tag)
}
