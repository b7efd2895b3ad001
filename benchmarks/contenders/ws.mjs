// `ws` alone, in a plain loop. The message is the first argument.
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'
import { obey } from './commands.mjs'

const [message] = process.argv.slice(2)
const server = createServer()
const { clients } = new WebSocketServer({ server })
server.listen(0, '127.0.0.1', () => obey(server.address().port, {
  publish: () => {
    for (const client of clients) client.send(message)
  }
}))
