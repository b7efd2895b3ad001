import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Icecast2 } from './icecast2.ts'
import { freePort } from './ports.ts'

/** For tap's `skip`: why there is no Liquidsoap to test with. Where CI is set it must be there, so nothing is skipped. */
export function liquidsoapMissing (): string | false {
  if (process.env['CI']) return false
  return spawnSync('liquidsoap', ['--version']).error ? 'liquidsoap is not installed (apt-get install liquidsoap)' : false
}

/** The same for ffmpeg. */
export function ffmpegMissing (): string | false {
  if (process.env['CI']) return false
  return spawnSync('ffmpeg', ['-version']).error ? 'ffmpeg is not installed (apt-get install ffmpeg)' : false
}

/** An encoder, by its mount: `%opus(bitrate=64)`. */
export type Outputs = Readonly<Record<string, string>>

export interface Liquidsoap {
  /** Begins a song. */
  play: (artist: string, title: string, album: string) => Promise<void>
}

/** Starts Liquidsoap with a script of the test's own, until the test ends. Rejects with what it has logged last when it ends, or after `ms`. */
export async function runLiquidsoap (t: Test, script: string, env: NodeJS.ProcessEnv, ms: number): Promise<never> {
  // It refuses to run as root unless it is told to.
  const preamble = 'settings.init.allow_root.set(true)\nsettings.log.stdout.set(true)\nsettings.log.file.set(false)\n'
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'liquidsoap', '-'], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let log = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => { log = (log + text).slice(-4000) })
  child.stdin.end(preamble + script)
  await Promise.race([exited, delay(ms, undefined, { ref: false })])
  throw new Error(log)
}

/** Starts a Liquidsoap that sends one programme to several mounts. */
export async function startLiquidsoap (t: Test, icecast: Icecast2, outputs: Outputs): Promise<Liquidsoap> {
  const port = await freePort()
  // It refuses to run as root unless it is told to.
  const script = `
settings.init.allow_root.set(true)
settings.log.stdout.set(true)
settings.log.file.set(false)
settings.server.telnet.set(true)
settings.server.telnet.bind_addr.set("127.0.0.1")
settings.server.telnet.port.set(${port})
songs = insert_metadata(sine(440.))
def play(line) =
  part = fun (n) -> list.nth(default="", string.split(separator="\\\\|", line), n)
  songs.insert_metadata(new_track=true, [("artist", part(0)), ("title", part(1)), ("album", part(2))])
  "played"
end
server.register("play", play)
${Object.entries(outputs).map(([mount, encoder]) => `output.icecast(${encoder}, host="127.0.0.1", port=${icecast.port}, password="${icecast.auth.password}", mount="${mount}", songs)`).join('\n')}
`
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'liquidsoap', '-'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
  let log = ''
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => { log = (log + text).slice(-4000) })
  child.stdin.end(script)
  const send = async (command: string): Promise<void> => {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      socket.write(`${command}\nquit\n`)
      await once(socket.resume(), 'close')
    } finally {
      socket.destroy()
    }
  }
  for (let tries = 0; ; tries++) {
    if (child.exitCode !== null || tries === 600) throw new Error(`liquidsoap does not answer: ${log}`)
    try {
      await send('uptime')
      break
    } catch {
      await delay(100)
    }
  }
  return { play: async (artist, title, album) => await send(`play ${artist}|${title}|${album}`) }
}

/** Sends one long file with tags, as ffmpeg does it: an encoder's options and a format, by mount. */
export function startFfmpeg (t: Test, icecast: Icecast2, mount: string, encoder: readonly string[], tags: Readonly<Record<string, string>>): void {
  const child = spawn('setpriv', [
    '--pdeathsig', 'KILL', 'ffmpeg', '-hide_banner', '-loglevel', 'error', '-re', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
    ...Object.entries(tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]), ...encoder,
    `icecast://source:${icecast.auth.password}@127.0.0.1:${icecast.port}${mount}`
  ], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exited
  })
}
