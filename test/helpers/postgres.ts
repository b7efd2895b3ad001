import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Client } from 'pg'
import { freePort } from './ports.ts'

export interface PostgresServer {
  /** Of the administrator. */
  readonly connection: { host: string, port: number, user: string, password: string, database: string }
  /** Executes statements over a connection of its own. */
  query (text: string): Promise<void>
  /** Ends it and deletes its files. */
  close (): Promise<void>
}

const PARENT = '/usr/lib/postgresql'

/** The folder of the newest PostgreSQL that is installed. */
function findPrograms (): string | undefined {
  const versions = existsSync(PARENT) ? readdirSync(PARENT).sort((a, b) => Number(b) - Number(a)) : []
  return versions.map((version) => join(PARENT, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')))
}

/** For tap's `skip`. In CI the tests fail without PostgreSQL instead of being skipped. */
export const postgresIsMissing = process.env['CI'] !== 'true' && findPrograms() === undefined && 'PostgreSQL is not installed (apt-get install postgresql)'

/** PostgreSQL refuses to run as root. */
function findUser (): { uid: number, gid: number } | null {
  if (process.getuid?.() !== 0) return null
  const [uid, gid] = ['-u', '-g'].map((option) => Number(spawnSync('id', [option, 'postgres'], { encoding: 'utf8' }).stdout))
  return { uid: Number(uid), gid: Number(gid) }
}

/** Starts PostgreSQL with a new, empty database. */
export async function startPostgres (): Promise<PostgresServer> {
  const programs = findPrograms()
  if (programs === undefined) throw new Error('PostgreSQL is not installed (apt-get install postgresql)')
  const user = findUser()
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  chmodSync(folder, 0o700)
  if (user !== null) chownSync(folder, user.uid, user.gid)
  const data = join(folder, 'data')
  const options: SpawnOptions = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], LC_ALL: 'C' }, ...user }
  const connection = { host: '127.0.0.1', port: await freePort(), user: 'postgres', password: randomUUID(), database: 'postgres' }
  let server: ChildProcess | null = null
  let log = ''

  async function query (text: string): Promise<void> {
    const client = new Client(connection)
    client.on('error', () => {})
    await client.connect()
    await client.query(text)
    await client.end()
  }

  async function close (): Promise<void> {
    if (server !== null && server.exitCode === null) {
      const exit = once(server, 'exit')
      // An immediate shutdown, which ends its other processes too.
      server.kill('SIGQUIT')
      await exit
    }
    rmSync(folder, { recursive: true, force: true })
  }

  try {
    const password = join(folder, 'password')
    writeFileSync(password, connection.password)
    if (user !== null) chownSync(password, user.uid, user.gid)
    await run(join(programs, 'initdb'), ['--pgdata', data, '--username', 'postgres', '--pwfile', password, '--auth', 'scram-sha-256', '--encoding', 'UTF8', '--no-sync', '--no-instructions'], options)
    const settings = { listen_addresses: '127.0.0.1', port: connection.port, unix_socket_directories: '', fsync: 'off', shared_buffers: '16MB' }
    // setpriv: the kernel ends it with this process, however that ends.
    const started = spawn('setpriv', ['--pdeathsig', 'QUIT', join(programs, 'postgres'), '-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])], options)
    server = started
    started.stderr?.on('data', (chunk: Buffer) => { log = (log + chunk.toString()).slice(-2000) })
    for (;;) {
      if (started.exitCode !== null) throw new Error(`postgres ended: ${log}`)
      try {
        await query('SELECT 1')
        break
      } catch {
        await delay(20)
      }
    }
  } catch (error) {
    await close()
    throw error
  }
  return { connection, query, close }
}

async function run (program: string, args: string[], options: SpawnOptions): Promise<void> {
  const child = spawn(program, args, options)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { output += chunk.toString() })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${output}`)
}
