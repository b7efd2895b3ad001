import { isIP, SocketAddress } from 'node:net'

/** An IPv4 address that is written as an IPv6 address. */
const IPV4_MAPPED = /^::ffff:([\d.]+)$/

/**
 * The key under which an address counts towards `limits.perAddress`: an IPv4 address itself, and of an IPv6 address its /64,
 * the least that a provider assigns to a customer. The notation does not matter, nor does a port, which some proxies add.
 * A text that is no address is its own key.
 */
export function limitKeyOf (address: string): string {
  const withoutZone = address.replace(/%[^\]]*/, '')
  const ip = isIP(withoutZone) ? withoutZone : withoutZone.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (isIP(ip) !== 6) return isIP(ip) === 4 ? ip : address
  const { address: canonical } = new SocketAddress({ address: ip, family: 'ipv6' })
  const [, mapped] = IPV4_MAPPED.exec(canonical) ?? []
  if (mapped !== undefined) return mapped
  const [head = [], tail = []] = canonical.split('::').map((part) => part === '' ? [] : part.split(':'))
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
