/** Whether an `If-None-Match` header names this version (RFC 9110, section 13.1.2: the weak comparison). */
export function matches (header: string | undefined, version: string): boolean {
  if (header === undefined) return false
  const tags = header.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags.includes('*') || tags.includes(`"${version}"`)
}
