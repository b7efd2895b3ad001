// socket.io with its Redis adapter. Arguments: the port of Redis. The command `publish <number>` sends a title to the clients of all instances.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

const require = createRequire(new URL('../peers/package.json', import.meta.url))
const { Server } = require('socket.io')
const { createAdapter } = require('@socket.io/redis-adapter')

const client = new Redis({ host: '127.0.0.1', port: Number(process.argv[2]) })
const server = createServer()
const io = new Server(server, { transports: ['websocket'], adapter: createAdapter(client, client.duplicate()) })
server.listen(0, '127.0.0.1', async () => {
  console.log(`port ${server.address().port}`)
  for await (const line of createInterface({ input: process.stdin })) io.emit('update', JSON.parse(line))
  process.exit()
})
