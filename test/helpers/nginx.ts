import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { accepts, freePort } from './ports.ts'

const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` }

/** A real nginx; in CI its tests fail without it instead of being skipped. */
export const nginxIsMissing = process.env['CI'] !== 'true' && spawnSync('nginx', ['-v'], { env }).error !== undefined && 'there is no nginx'

/** Starts nginx with examples/nginx.conf, whose ports are replaced; resolves to its address. */
export async function startNginx (t: Test, backends: readonly [number, number]): Promise<string> {
  const port = await freePort()
  const folder = t.testdir({})
  const example = await readFile(new URL('../../examples/nginx.conf', import.meta.url), 'utf8')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  await writeFile(join(folder, 'nginx.conf'), `
    daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log;
    ${process.getuid?.() === 0 ? 'user root;' : ''}
    events {}
    http { access_log off; ${temporary}
    ${example.replace(':3001', `:${backends[0]}`).replace(':3002', `:${backends[1]}`).replace(':8080', `:${port}`)} }`)
  const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], { env, stdio: ['ignore', 'inherit', 'inherit'] })
  const exit = once(nginx, 'exit')
  t.teardown(async () => {
    nginx.kill()
    await exit
  })
  while (!await accepts(port)) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${await readFile(join(folder, 'error.log'), 'utf8')}`)
    await delay(20)
  }
  return `http://127.0.0.1:${port}`
}
