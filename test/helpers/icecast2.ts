import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fchmodSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { get } from 'node:http'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from './ports.ts'

/** With this the names of the harness's own clients begin, so that `requests()` can leave them out. */
export const harnessAgent = 'icecast2-harness'

export interface Icecast2Options {
  /** Most sources at a time, 20. */
  sources?: number
  /** Most connections of any kind at a time, 200. */
  clients?: number
  /** Seconds after which a stalled source is thrown out, 10. */
  sourceTimeout?: number
  /** `<mount>` elements, as XML: `<mount type="normal"><mount-name>/a</mount-name><hidden>1</hidden></mount>`. */
  mounts?: string
  /** A certificate and its private key (PEM): it also listens with TLS, on `tlsPort`. */
  certificate?: { cert: string, key: string }
}

export interface Answer {
  status: number
  body: Buffer
}

export interface Icecast2 {
  /** `http://127.0.0.1:<port>`, the same after a restart. */
  readonly url: string
  readonly port: number
  /** The port of its listener with TLS. */
  readonly tlsPort: number
  /** The administrator's account; sources use it too. */
  readonly auth: { username: string, password: string }
  /** The running process; another one after each restart. Throws while there is none. */
  readonly pid: number
  /** A GET as the administrator, which `requests()` does not count. */
  get: (path: string) => Promise<Answer>
  /**
   * Sets a title by /admin/metadata, a Buffer byte by byte. Ends when Icecast has replied, which says nothing about
   * whether the title will be shown: that takes 0.1 to 0.4 s more, and some are dropped.
   */
  setTitle: (mount: string, title: string | Buffer, extra?: { charset?: string, artist?: string | Buffer }) => Promise<void>
  /** Stops answering without closing anything (SIGSTOP). */
  hang: () => Promise<void>
  resume: () => void
  /** Ends the process at once, hung or not; harmless when there is none. */
  stop: () => Promise<void>
  /** A new process on the same port, without sources; the old one is ended if it still runs. */
  restart: (changed?: Icecast2Options) => Promise<void>
  /**
   * How many requests others than this harness have made, if given only those whose path begins so. From the access
   * log: without the query, and a moment after the answer (a source or a feed after its end).
   */
  requests: (path?: string) => number
  [Symbol.asyncDispose]: () => Promise<void>
}

/** For tap's `skip`: why there is no server to test with. Where CI is set it must be there, so nothing is skipped. */
export function icecast2Missing (): string | false {
  if (process.env['CI']) return false
  return spawnSync('icecast2', ['-v']).error ? 'icecast2 is not installed (apt-get install icecast2)' : false
}

const accessLine = /^\S+ \S+ \S+ \[[^\]]*\] "\S+ (.*) HTTP\/[\d.]+" \d+ \d+ "[^"]*" "(.*)" \d+$/

/** Starts a real icecast2 on a free port of 127.0.0.1; ready when its status document is there and valid. */
export async function startIcecast2 (options: Icecast2Options = {}): Promise<Icecast2> {
  const auth = { username: 'admin', password: 'admpw' }
  const authorization = 'Basic ' + Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
  const paths: string[] = []
  let child: ChildProcess | undefined
  let running = options
  let port = 0
  let tlsPort = 0

  const stop = async () => {
    const ended = child
    child = undefined
    if (ended) await end(ended)
  }

  // icecast2 2.4.4 can crash (SIGSEGV) when requests arrive while it starts, as they do after a restart.
  const start = async (attempts = 3): Promise<void> => {
    child = await launch(port, tlsPort, running, (line) => {
      const [, path, agent] = accessLine.exec(line) ?? []
      if (path !== undefined && !agent?.startsWith(harnessAgent)) paths.push(path)
    }).catch(async (error: unknown) => {
      if (attempts === 1 || !String(error).includes('SIGSEGV')) throw error
      await start(attempts - 1)
      return child
    })
  }

  const pid = () => {
    if (child?.pid === undefined) throw new Error('icecast2 is not running')
    return child.pid
  }

  const ask = (path: string) => read(port, path, authorization)

  // Someone else may take the port before icecast2 does.
  for (let tries = 5, started = false; !started; tries--) {
    port = await freePort()
    tlsPort = await freePort()
    try {
      await start()
      started = true
    } catch (error) {
      if (tries === 1) throw error
    }
  }

  return {
    get url () { return `http://127.0.0.1:${port}` },
    get port () { return port },
    get tlsPort () { return tlsPort },
    auth,
    get pid () { return pid() },
    get: ask,
    async setTitle (mount, title, { charset, artist } = {}) {
      let query = `mode=updinfo&mount=${percent(mount)}`
      if (charset !== undefined) query += `&charset=${percent(charset)}`
      query += artist === undefined ? `&song=${percent(title)}` : `&artist=${percent(artist)}&title=${percent(title)}`
      const { status, body } = await ask(`/admin/metadata?${query}`)
      if (status !== 200) throw new Error(`icecast2 refused the title: ${status} ${body.toString('latin1')}`)
    },
    async hang () {
      process.kill(pid(), 'SIGSTOP')
      await stopped(pid())
    },
    resume () { process.kill(pid(), 'SIGCONT') },
    stop,
    async restart (changed = {}) {
      await stop()
      running = { ...running, ...changed }
      await start()
    },
    requests: (path = '') => paths.filter((one) => one.startsWith(path)).length,
    [Symbol.asyncDispose]: stop
  }
}

/** Tries again, 20 ms apart, until it is true. Rejects after `ms`. */
export async function until (what: string, ms: number, check: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + ms
  while (!await check()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await delay(20)
  }
}

/** One process, ready to answer. */
async function launch (port: number, tlsPort: number, options: Icecast2Options, onLine: (line: string) => void): Promise<ChildProcess> {
  // Tells our process from another test's on the same port.
  const id = randomUUID()
  const file = unnamedFile(config(port, tlsPort, id, options))
  const { certificate } = options
  // Icecast opens it as /dev/fd/3.
  const pem = certificate === undefined ? null : unnamedFile(`${certificate.cert}\n${certificate.key}\n`)
  // Killed by the kernel when we die, whatever we die of. icecast2 refuses to run as root.
  const asRoot = process.getuid?.() === 0
  const child = spawn('setpriv', [
    '--pdeathsig', 'KILL',
    ...(asRoot ? ['--reuid', '65534', '--regid', '65534', '--clear-groups'] : []),
    'icecast2', '-c', '/dev/stdin'
  ], { stdio: [file, 'ignore', 'pipe', ...pem === null ? [] : [pem]] })
  closeSync(file)
  if (pem !== null) closeSync(pem)
  // A test that forgot to stop it still ends.
  child.unref()
  if (child.stderr instanceof Socket) child.stderr.unref()
  const log = lines(child, onLine)
  let over = ''
  child.once('error', (error) => { over = error.message })
  child.once('exit', (code, signal) => { over = `icecast2 ended (${signal ?? code})` })
  try {
    await until('icecast2 is ready', 10_000, async () => {
      if (over) throw new Error(`${over}: ${log().join('\n')}`)
      return await ready(port, id)
    })
  } catch (error) {
    if (!over) await end(child)
    throw error
  }
  return child
}

/** Open for reading by anyone who is given it, and gone with its last reader: no test can leave it behind. */
function unnamedFile (content: string): number {
  const path = join(tmpdir(), `icecast2-${randomUUID()}.xml`)
  const file = openSync(path, 'wx+')
  unlinkSync(path)
  fchmodSync(file, 0o644)
  writeSync(file, content)
  return file
}

/** Hands on each line of its log; answers with the last few. */
function lines (child: ChildProcess, onLine: (line: string) => void): () => string[] {
  const last: string[] = []
  let rest = ''
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    const whole = (rest + text).split('\n')
    rest = whole.pop() ?? ''
    for (const line of whole) {
      if (last.push(line) > 20) last.shift()
      onLine(line)
    }
  })
  return () => last
}

/** For some 300 ms after its start, 2.4 answers 200 with a document that is not JSON. */
async function ready (port: number, id: string): Promise<boolean> {
  try {
    const { status, body } = await read(port, '/status-json.xsl')
    return status === 200 && JSON.parse(body.toString()).icestats.location === id
  } catch {
    return false
  }
}

async function end (child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.ref()
  // Reaches a stopped process too. It keeps no state that could be lost.
  child.kill('SIGKILL')
  await exit
}

/** Every thread is to stand still, or one of them may answer once more. */
async function stopped (pid: number): Promise<void> {
  await until('icecast2 hangs', 1000, async () => {
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'latin1')
      if (!stat.includes(') T ')) return false
    }
    return true
  })
}

async function read (port: number, path: string, authorization?: string): Promise<Answer> {
  const request = get({
    host: '127.0.0.1',
    port,
    path,
    agent: false,
    headers: { 'user-agent': harnessAgent, ...(authorization && { authorization }) },
    signal: AbortSignal.timeout(5000)
  })
  const [response] = await once(request, 'response')
  return { status: response.statusCode, body: Buffer.concat(await response.toArray()) }
}

/** Percent-encodes bytes, so that also those which are no UTF-8 can be sent. */
function percent (text: string | Buffer): string {
  return Buffer.from(text).toString('latin1')
    .replace(/[^\w.~-]/g, (byte) => '%' + byte.charCodeAt(0).toString(16).padStart(2, '0'))
}

function config (port: number, tlsPort: number, id: string, { sources = 20, clients = 200, sourceTimeout = 10, mounts = '', certificate }: Icecast2Options): string {
  const listener = `<listen-socket><port>${tlsPort}</port><bind-address>127.0.0.1</bind-address><ssl>1</ssl></listen-socket>`
  return `<icecast>
  <location>${id}</location>
  <limits>
    <sources>${sources}</sources><clients>${clients}</clients><source-timeout>${sourceTimeout}</source-timeout>
  </limits>
  <authentication>
    <source-password>admpw</source-password>
    <admin-user>admin</admin-user><admin-password>admpw</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  ${certificate === undefined ? '' : listener}
  ${mounts}
  <paths><webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
    ${certificate === undefined ? '' : '<ssl-certificate>/dev/fd/3</ssl-certificate>'}</paths>
  <logging><accesslog>-</accesslog><errorlog>-</errorlog><loglevel>2</loglevel></logging>
</icecast>
`
}
