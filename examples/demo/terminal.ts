/** The text that is printed at the start. */
export function welcome (address: string, { ICECAST_URL, PACE = '6000' }: Record<string, string | undefined>): string {
  const plays = `A fake Icecast in this process has a new title every ${Number(PACE) / 1000} s. Set ICECAST_URL to read your own.`
  return `
  Open ${address} and watch: the title changes by itself, about a second after Icecast shows it.
  As JSON: ${address}/now-playing
  ${ICECAST_URL ? 'Titles of the Icecast at ICECAST_URL:' : plays}
  Stop it with Ctrl-C.
`
}

/** Prints a line with the current time. */
export function tell (text: string): void {
  // Encoders choose titles, and a terminal interprets control characters.
  console.log(`  ${new Date().toTimeString().slice(0, 8)}  ${text.replace(/\p{Cc}/gu, '')}`)
}

/** A log stream that prints Fastify's warnings as readable lines. */
export const forPeople = {
  write (line: string): void {
    const { msg }: { msg: string } = JSON.parse(line)
    tell(msg)
  }
}

/** Explains an error at the start. ICECAST_URL is not printed, since it may contain a password. */
export function explain (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ICECAST_INVALID_OPTION') return 'ICECAST_URL should be the address of an Icecast server, such as http://localhost:8000'
  if (code === 'EADDRINUSE') return 'This port is in use: choose another with PORT, or leave PORT out to use a free port'
  return String(error)
}
