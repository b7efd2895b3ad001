import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from './ports.ts'

/** A real Prometheus with its promtool; in CI its tests fail without it instead of being skipped. */
export const prometheusIsMissing = process.env['CI'] !== 'true' && spawnSync('promtool', ['--version']).error !== undefined && 'there is no prometheus'

/** Runs promtool. Returns its exit code and all that it has written. */
export function promtool (args: string[], input = ''): { code: number | null, text: string } {
  const { status, error, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8', timeout: 20_000 })
  if (error) throw error
  return { code: status, text: `${stdout}${stderr}` }
}

export interface Prometheus {
  /** The value of `data` in an answer of its HTTP API. */
  get: (path: string) => Promise<any>
}

interface PrometheusOptions {
  /** `host:port` of each app, whose path is `/metrics`. */
  targets: string[]
  /** The text of a file with rules. */
  rules: string
}

/** Starts Prometheus, which scrapes the apps and evaluates the rules five times a second, until the test ends. */
export async function startPrometheus (t: Test, { targets, rules }: PrometheusOptions): Promise<Prometheus> {
  const folder = t.testdir({})
  const port = await freePort()
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'alerts.yml'), rules)
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify({
    global: { scrape_interval: '200ms', scrape_timeout: '200ms', evaluation_interval: '200ms' },
    rule_files: ['alerts.yml'],
    scrape_configs: [{ job_name: 'radio', static_configs: [{ targets }] }]
  }))
  const child = spawn('prometheus', [
    `--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=warn'
  ], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] })
  const exit = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await exit
  })
  const address = `http://127.0.0.1:${port}`
  for (;;) {
    const answer = await fetch(`${address}/-/ready`).catch(() => null)
    if (answer?.ok === true) break
    if (child.exitCode !== null) throw new Error('prometheus ended')
    await delay(50)
  }
  return {
    async get (path) {
      const answer = await fetch(`${address}/api/v1/${path}`)
      const { status, data, error } = await answer.json()
      if (status !== 'success') throw new Error(`${path}: ${error}`)
      return data
    }
  }
}
