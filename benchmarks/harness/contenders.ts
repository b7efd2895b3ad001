import { existsSync } from 'node:fs'
import { Client, type Kind } from './client.ts'
import { startNchan } from './nchan.ts'
import { compile, Missing, Program, source } from './program.ts'
import type { Studio } from './update.ts'

export type Transport = 'WebSocket' | 'server-sent events'

/** A server and its subscribers. */
export interface Running {
  program: Program
  client: Client
  /** Whether the server sends a message to each new subscriber. */
  hasFirst: boolean
  publish: () => Promise<void> | void
}

export interface Contender {
  name: string
  transport: Transport
  isOurs?: boolean
  /** @throws Missing */
  start: (studio: Studio) => Promise<Running>
}

const PEERS = 'npm install --prefix benchmarks/peers'

export const C_LOOP = 'a C loop of write(2)'
/** The plain loops in Node. */
export const PLAIN_LOOPS: Readonly<Record<Transport, string>> = {
  WebSocket: 'ws, client.send in a loop',
  'server-sent events': 'node:http, response.write in a loop'
}

export const contenders: readonly Contender[] = [
  { name: C_LOOP, transport: 'WebSocket', start: ({ update }) => inC('ws', update) },
  { name: 'fastify-icecast', transport: 'WebSocket', isOurs: true, start: (studio) => ours('ws', studio) },
  { name: PLAIN_LOOPS.WebSocket, transport: 'WebSocket', start: ({ update }) => told(Program.contender('ws', [update]), 'ws') },
  {
    name: 'Bun\'s publish',
    transport: 'WebSocket',
    start: async ({ update }) => await told(new Program(bun(), [source('contenders/bun.mjs'), update]), 'ws')
  },
  { name: 'nginx, Nchan', transport: 'WebSocket', start: ({ update }) => nchan('ws', update) },
  {
    name: 'socket.io',
    transport: 'WebSocket',
    start: ({ update }) => told(socketIo(update), 'socketio', '/socket.io/?EIO=4&transport=websocket')
  },
  { name: C_LOOP, transport: 'server-sent events', start: ({ event }) => inC('sse', event) },
  { name: 'fastify-icecast', transport: 'server-sent events', isOurs: true, start: (studio) => ours('sse', studio) },
  { name: PLAIN_LOOPS['server-sent events'], transport: 'server-sent events', start: ({ event }) => told(Program.contender('http', [event]), 'sse') },
  { name: 'nginx, Nchan', transport: 'server-sent events', start: ({ update }) => nchan('sse', update) }
]

async function inC (kind: Kind, message: string): Promise<Running> {
  return await told(new Program(compile('server'), [kind, message]), kind)
}

/** A server that publishes on a command. */
async function told (program: Program, kind: Kind, path?: string): Promise<Running> {
  const client = new Client(await program.port(), kind, path)
  return { program, client, hasFirst: false, publish: () => program.say('publish') }
}

async function ours (kind: Kind, studio: Studio): Promise<Running> {
  const program = Program.contender('ours', [studio.icecast.url, JSON.stringify(studio.options)])
  const port = await program.port()
  if (kind === 'sse') await expectEventStream(port)
  return {
    program,
    client: new Client(port, kind),
    hasFirst: true,
    publish: () => {
      studio.nextTitle()
      program.say('publish')
    }
  }
}

export async function expectEventStream (port: number): Promise<void> {
  const ended = new AbortController()
  const { headers } = await fetch(`http://127.0.0.1:${port}/now-playing`, { headers: { accept: 'text/event-stream' }, signal: ended.signal })
  ended.abort()
  if (headers.get('content-type')?.startsWith('text/event-stream') !== true) throw new Error('it has no event stream')
}

async function nchan (kind: Kind, message: string): Promise<Running> {
  const { program, port, publish } = await startNchan(message)
  return { program, client: new Client(port, kind, '/subscribe'), hasFirst: false, publish }
}

/** npm's `bun` installs the binary of the platform in a package of its own; an install script, if scripts are allowed, moves it. */
function bun (): string {
  const { platform, arch } = process
  const found = [`@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun`, 'bun/bin/bun.exe']
    .map((path) => source(`peers/node_modules/${path}`)).find((path) => existsSync(path))
  if (found === undefined) throw new Missing(PEERS)
  return found
}

function socketIo (update: string): Program {
  if (!existsSync(source('peers/node_modules/socket.io'))) throw new Missing(PEERS)
  return Program.contender('socket.io', [update])
}
