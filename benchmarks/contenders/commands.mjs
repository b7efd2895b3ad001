// Shared by the servers of the benchmarks: prints the port, then executes commands line by line, and exits when stdin ends.
import { createInterface } from 'node:readline'

/** `commands`: functions by name; the result is written as a line. */
export async function obey (port, commands = {}) {
  console.log(`port ${port}`)
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await { memory, ...commands }[line]()
    if (answer !== undefined) console.log(answer)
  }
  process.exit()
}

/** Memory in bytes after garbage collection. Requires --expose-gc. */
async function memory () {
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return `memory ${rss} ${heapUsed} ${external}`
}
