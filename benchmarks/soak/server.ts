// The server of the soak test: an ordinary app that reports its state on request, and has to exit by itself.
// server URL OPTIONS. Commands on stdin, answers on stdout, one per line:
//   figures -> figures RSS HEAP HANDLES FILES SUBSCRIBERS BEHIND DROPPED SKIPPED ERRORS
//   close   -> close MS, then the process exits
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import Fastify from 'fastify'
import fastifyIcecast from '../../index.ts'

const [, , url = '', options = '{}'] = process.argv
let errors = 0
const app = Fastify({
  // Warnings are expected.
  logger: {
    level: 'error',
    stream: {
      write (line: string) {
        errors++
        process.stderr.write(line)
      }
    }
  }
})
await app.register(fastifyIcecast, { url, ...JSON.parse(options) })
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
const { port } = app.server.address() as AddressInfo
console.log(`port ${port}`)

const commands: Readonly<Record<string, () => Promise<string>>> = {
  async figures () {
    for (let times = 0; times < 3; times++) {
      globalThis.gc?.()
      await delay(20)
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    const { behind, dropped, skipped } = app.nowPlaying.metrics
    const [handles, files] = [process.getActiveResourcesInfo().length, readdirSync('/proc/self/fd').length]
    return ['figures', rss, heapUsed + external, handles, files, app.nowPlaying.subscribers, behind, dropped, skipped, errors].join(' ')
  },
  async close () {
    const began = performance.now()
    await app.close()
    lines.close()
    process.stdin.destroy()
    return `close ${performance.now() - began}`
  }
}
const lines = createInterface({ input: process.stdin })
lines.on('line', async (line) => console.log(await commands[line]?.()))
