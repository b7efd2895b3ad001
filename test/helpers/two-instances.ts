import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { redisBackplane, type RedisClient } from '../../lib/backplane/redis-backplane.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { until } from './instances.ts'
import { scenario } from './station.ts'

/** A client, and how the app that owns it closes it. */
export interface OwnClient {
  client: RedisClient
  close: () => unknown
}

export interface TwoInstances {
  instances: Array<{ app: FastifyInstance, announced: string[] }>
  /** Sets a title. Resolves with the ms until both show it. */
  play: (text: string) => Promise<number>
  /** Waits until one leads and both have the same version and stations. */
  agree: () => Promise<number>
}

/** Two instances in this process with a client each, which follow the same fake Icecast, and the titles that each has announced. */
export async function startTwoInstances (t: Test, connect: () => OwnClient): Promise<TwoInstances> {
  const icecast = await fakeIcecast()
  icecast.source('/main.mp3')
  const instances: TwoInstances['instances'] = []
  for (let i = 0; i < 2; i++) {
    const { client, close } = connect()
    const announced: string[] = []
    const { app } = await scenario(t, {
      icecast,
      hold: 0,
      backplane: redisBackplane({ client }),
      after: (app) => { app.nowPlaying.on('track', ({ text }) => { announced.push(text) }) }
    })
    t.teardown(async () => {
      await app.close()
      await close()
    })
    instances.push({ app, announced })
  }
  return {
    instances,
    async play (text) {
      icecast.title('/main.mp3', text)
      return await until(`both show ${text}`, () => instances.every(({ app }) => app.nowPlaying.get('main.mp3')?.track?.text === text))
    },
    agree: () => until('one leads and both agree', () => instances.filter(({ app }) => app.nowPlaying.leads).length === 1 &&
      new Set(instances.map(({ app }) => app.nowPlaying.version)).size === 1 &&
      new Set(instances.map(({ app }) => JSON.stringify(app.nowPlaying.list()))).size === 1)
  }
}
