import { chownSync, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../../test/helpers/ports.ts'
import { Missing, Program, temporary } from './program.ts'

const NGINX = '/usr/sbin/nginx'
const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so'
/** The uid of Debian's `nobody`: nginx needs no privileges. */
const NOBODY = 65534
/** Folders that Nchan requires with any configuration. nginx creates them when it first runs as root. */
const FOLDERS = ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `/var/lib/nginx/${name}`)
const isRoot = process.getuid?.() === 0

function makeFolders (): void {
  const made = FOLDERS.filter((path) => !existsSync(path))
  if (made.length > 0 && !isRoot) throw new Missing('folders of nginx\'s own (once, as root: nginx -t)')
  for (const path of made) mkdirSync(path)
  if (made.length > 0) process.once('exit', () => made.forEach((path) => rmdirSync(path)))
}

/** Starts one nginx process with one channel: subscribers connect to `/subscribe`, and `publish` posts to it. @throws Missing */
export async function startNchan (message: string): Promise<{ program: Program, port: number, publish: () => Promise<void> }> {
  if (!existsSync(NGINX) || !existsSync(MODULE)) throw new Missing('apt-get install nginx-light libnginx-mod-nchan')
  makeFolders()
  const port = await freePort()
  const folder = join(temporary(), `nginx-${port}`)
  mkdirSync(folder)
  const config = join(folder, 'nginx.conf')
  writeFileSync(config, `
load_module ${MODULE};
daemon off;
master_process off;
pid nginx.pid;
worker_rlimit_nofile 20000;
events { worker_connections 15000; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  nchan_shared_memory_size 128M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /publish { nchan_publisher; nchan_channel_id all; nchan_message_buffer_length 1; }
    location = /subscribe { nchan_subscriber websocket eventsource; nchan_channel_id all; nchan_subscriber_first_message newest; }
  }
}
`)
  if (isRoot) {
    chownSync(temporary(), NOBODY, NOBODY)
    chownSync(folder, NOBODY, NOBODY)
  }
  const program = new Program(NGINX, ['-p', folder, '-e', 'stderr', '-c', config], { isQuiet: true, ...(isRoot && { uid: NOBODY }) })
  const url = `http://127.0.0.1:${port}/publish`
  for (let tries = 50; ; tries--) {
    try {
      await fetch(url)
      break
    } catch (error) {
      if (tries === 0) throw error
      await delay(100)
    }
  }
  return {
    program,
    port,
    publish: async () => {
      const response = await fetch(url, { method: 'POST', body: message, headers: { 'content-type': 'application/json' } })
      await response.arrayBuffer()
      if (!response.ok) throw new Error(`Nchan answered ${response.status}`)
    }
  }
}
