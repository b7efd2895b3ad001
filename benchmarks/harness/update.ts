import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import { WebSocket } from 'ws'
import fastifyIcecast from '../../index.ts'
import { fakeIcecast, type FakeIcecast } from '../../lib/testing/index.ts'

/** Size of an update's JSON in bytes. */
export const UPDATE_BYTES = 640
/** Short, like the other values, so that the update has the wanted size. */
const MOUNT = '/a'

/** A fake Icecast with a station whose updates have the size that all contenders send. */
export class Studio {
  readonly icecast: FakeIcecast
  #titles = 0
  #name = ''
  #update = ''
  #version = ''

  private constructor (icecast: FakeIcecast) {
    this.icecast = icecast
  }

  static async open (): Promise<Studio> {
    const studio = new Studio(await fakeIcecast({ hostname: 'r.fm' }))
    studio.icecast.source(MOUNT, { bitrate: 128 })
    studio.nextTitle()
    const short = (await studio.#example()).update
    studio.#name = 'R'.padEnd(1 + UPDATE_BYTES - short.length, '.')
    const { update, version } = await studio.#example()
    studio.#update = update
    studio.#version = version
    return studio
  }

  /** The options of the plugin. It does not read by itself, so that it uses no CPU during another contender's turn. */
  get options () {
    const never = 3_600_000
    return { interval: never, staleAfter: 86_400_000, heartbeat: never, history: 0, stations: { main: { name: this.#name || 'R', mounts: [MOUNT] } } }
  }

  /** The message that the plugin's subscribers receive, for the other contenders to send. */
  get update (): string { return this.#update }

  /** The same message as a server-sent event. */
  get event (): string { return `event: update\nid: ${this.#version}\ndata: ${this.#update}\n\n` }

  nextTitle (): void {
    this.icecast.title(MOUNT, `Song ${String(++this.#titles).padStart(5, '0')}`)
  }

  async close (): Promise<void> {
    await this.icecast.close()
  }

  /** An update as a subscriber receives it. */
  async #example (): Promise<{ update: string, version: string }> {
    const app = Fastify()
    await app.register(fastifyIcecast, { url: this.icecast.url, ...this.options })
    await app.listen({ port: 0, host: '127.0.0.1' })
    await app.nowPlaying.refresh()
    const { port } = app.server.address() as AddressInfo
    const page = new WebSocket(`ws://127.0.0.1:${port}/now-playing`)
    await once(page, 'message')
    this.nextTitle()
    const [[data]] = await Promise.all([once(page, 'message'), app.nowPlaying.refresh()])
    page.terminate()
    await app.close()
    return { update: String(data), version: app.nowPlaying.version }
  }
}
