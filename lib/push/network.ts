/** Whom an address counts for: an IPv4 address for itself, an IPv6 address for its /64, which is what one customer has at the least. */
export function networkOf (address: string): string {
  if (!address.includes(':') || address.includes('.')) return address
  const [head = [], tail = []] = address.split('::').map((part) => part === '' ? [] : part.split(':'))
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0')
  return [...head, ...zeros, ...tail].slice(0, 4).join(':')
}
