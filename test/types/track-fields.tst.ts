import { Type, type Static } from 'typebox'
import { expect, test } from 'tstyche'
import fastifyIcecast, { type EnrichHandler, type FastifyIcecastOptions, type Message, type PastTrack, type Track } from '../../index.ts'
import type { FastifyInstance } from 'fastify'

const Fields = Type.Object({ artwork: Type.String(), links: Type.Array(Type.String()) })

declare module '../../index.ts' {
  interface TrackFields extends Partial<Static<typeof Fields>> {}
}

test('fields that an app declares are those of its tracks', () => {
  expect<Track>().type.toHaveProperty('artwork')
  expect<Track['artwork']>().type.toBe<string | undefined>()
  expect<PastTrack['links']>().type.toBe<readonly string[] | undefined>()
  const read = (message: Message, app: FastifyInstance) => {
    if (message.type === 'update') expect(message.station.track?.artwork).type.toBe<string | undefined>()
    expect(app.nowPlaying.get('main')?.history[0]?.artwork).type.toBe<string | undefined>()
  }
  expect(read).type.not.toBeCallableWith()
})

test('the hook gives them, at once or later, or nothing', () => {
  expect<EnrichHandler>().type.toBeAssignableFrom(() => ({ artwork: 'a' }))
  expect<EnrichHandler>().type.toBeAssignableFrom(async (track: Track) => ({ artwork: track.id }))
  expect<EnrichHandler>().type.toBeAssignableFrom(() => null)
  expect<EnrichHandler>().type.not.toBeAssignableFrom(() => ({ artwork: 7 }))
  expect<FastifyIcecastOptions>().type.toBeAssignableFrom({ url: 'http://localhost:8000', enrich: { handler: () => null, schema: Fields } })
  expect(fastifyIcecast).type.not.toBeCallableWith({}, { url: 'http://localhost:8000', enrich: { handler: () => null, schema: Type.String() } })
})
