/** What to open and what happens. */
export function welcome (address: string, { ICECAST_URL, PACE = '6000' }: Record<string, string | undefined>): string {
  const plays = `No Icecast needed: a stand-in plays, a new title every ${Number(PACE) / 1000} s. Set ICECAST_URL to read yours.`
  return `
  Open ${address} and watch: the title changes by itself, about a second after Icecast shows it.
  As JSON: ${address}/now-playing
  ${ICECAST_URL ? 'What is on the Icecast of ICECAST_URL, as it comes:' : plays}
  Ctrl-C ends it.
`
}

/** Prints a line about what happens, with the time before it. */
export function tell (text: string): void {
  // Encoders choose titles, and a terminal obeys control characters.
  console.log(`  ${new Date().toTimeString().slice(0, 8)}  ${text.replace(/\p{Cc}/gu, '')}`)
}

/** Takes Fastify's warnings, such as that Icecast can not be read, and prints them for people. */
export const forPeople = {
  write (line: string): void {
    const { msg, err }: { msg: string, err?: { message: string } } = JSON.parse(line)
    tell(err === undefined || msg.includes(err.message) ? msg : `${msg} (${err.message})`)
  }
}

/** What went wrong at the start and what to do about it, without ICECAST_URL: that may carry a password. */
export function explain (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ICECAST_INVALID_OPTION') return 'ICECAST_URL should be the address of an Icecast server, such as http://localhost:8000'
  if (code === 'EADDRINUSE') return 'That port is taken: choose another with PORT, or leave PORT out to have a free one'
  return String(error)
}
