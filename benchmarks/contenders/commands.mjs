// What each server of the benchmarks does: says its port, then what it is told line by line, and ends with its stdin.
import { createInterface } from 'node:readline'

/** `commands`: by name; what one returns is written as a line. */
export async function obey (port, commands = {}) {
  console.log(`port ${port}`)
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await { memory, ...commands }[line]()
    if (answer !== undefined) console.log(answer)
  }
  process.exit()
}

/** Bytes, after the garbage is gone: run with --expose-gc. */
async function memory () {
  for (let times = 0; times < 3; times++) {
    globalThis.gc()
    await new Promise((resolve) => { setTimeout(resolve, 50) })
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return `memory ${rss} ${heapUsed} ${external}`
}
