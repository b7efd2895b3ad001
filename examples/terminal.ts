/** Prints a line about what happens, with the time before it. */
export function tell (text: string): void {
  // Encoders choose titles, and a terminal obeys control characters.
  console.log(`  ${new Date().toTimeString().slice(0, 8)}  ${text.replace(/\p{Cc}/gu, '')}`)
}

/** Takes Fastify's warnings, such as that Icecast can not be read, and prints them for people. */
export const forPeople = {
  write (line: string): void {
    const { msg, err }: { msg: string, err?: { message: string } } = JSON.parse(line)
    tell(err === undefined ? msg : `${msg} (${err.message})`)
  }
}

/** What went wrong at the start and what to do about it, without ICECAST_URL: that may carry a password. */
export function explain (error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'FST_ICECAST_INVALID_OPTION') return 'ICECAST_URL should be the address of an Icecast server, such as http://localhost:8000'
  if (code === 'EADDRINUSE') return 'That port is taken: choose another with PORT, or leave PORT out to have a free one'
  return String(error)
}
