// Server-sent events with Node's http alone, in a plain loop. The event is the first argument.
import { createServer } from 'node:http'
import { obey } from './commands.mjs'

const [event] = process.argv.slice(2)
const responses = new Set()
const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  response.flushHeaders()
  responses.add(response)
  response.on('close', () => responses.delete(response))
})
server.listen(0, '127.0.0.1', () => obey(server.address().port, {
  publish: () => {
    for (const response of responses) response.write(event)
  }
}))
