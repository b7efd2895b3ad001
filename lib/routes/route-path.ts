/** The path of a route in a scope, as Fastify joins them; without a slash at the end. */
export function joinPath (prefix: string, url: string): string {
  return (prefix.endsWith('/') ? prefix + url.replace(/^\//, '') : prefix + url).replace(/\/$/, '')
}

/** The segments of a path below that of a route, not decoded; null if it is another path. A segment such as `:lang` stands for any. */
export function segmentsBelow (route: string, path: string): string[] | null {
  const known = route.split('/')
  const given = path.split('/')
  // Fastify may ignore case.
  const isBelow = known.length <= given.length && known.every((segment, index) =>
    segment.startsWith(':') || comparable(segment) === comparable(String(given[index])))
  return isBelow ? given.slice(known.length) : null
}

function comparable (segment: string): string {
  try {
    return decodeURIComponent(segment).toLowerCase()
  } catch {
    return segment
  }
}
