import { isIP, SocketAddress } from 'node:net'

/** An IPv4 address within IPv6. */
const MAPPED = /^::ffff:([\d.]+)$/

/**
 * Whom an address counts for: an IPv4 address for itself, an IPv6 address for its /64, which is what one customer has at the
 * least; however it is written, and also with a port, as some proxies send it. What is no address counts for itself.
 */
export function limitKeyOf (address: string): string {
  // Without its zone.
  const whole = address.replace(/%[^\]]*/, '')
  const ip = isIP(whole) ? whole : whole.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (isIP(ip) !== 6) return isIP(ip) === 4 ? ip : address
  const { address: canonical } = new SocketAddress({ address: ip, family: 'ipv6' })
  const [, mapped] = MAPPED.exec(canonical) ?? []
  if (mapped !== undefined) return mapped
  const [head = [], tail = []] = canonical.split('::').map((part) => part === '' ? [] : part.split(':'))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
