import Fastify from 'fastify'
import { describe, expect, test } from 'tstyche'
import type { NowPlaying, NowPlayingEvents, Station, TellReason, TellResult, Track } from '../../index.ts'

const app = Fastify()

describe('app.nowPlaying', () => {
  test('is on every app', () => {
    expect(app.nowPlaying).type.toBe<NowPlaying>()
  })

  test('gives a station, which may not be there, or all', () => {
    expect(app.nowPlaying.get('main')).type.toBe<Station | undefined>()
    expect(app.nowPlaying.list()).type.toBe<Station[]>()
    expect(app.nowPlaying.get).type.not.toBeCallableWith()
    expect(app.nowPlaying.get).type.not.toBeCallableWith(1)
  })

  test('has figures, which nobody sets', () => {
    expect(app.nowPlaying.version).type.toBe<string>()
    expect(app.nowPlaying.subscribers).type.toBe<number>()
    expect<NowPlaying>().type.toBeAssignableTo<{ readonly version: string, readonly subscribers: number }>()
  })

  test('tells whether a refresh could read Icecast', () => {
    expect(app.nowPlaying.refresh()).type.toBe<Promise<boolean>>()
  })
})

describe('what the playout system knows', () => {
  const { tell } = app.nowPlaying

  test('is told with an artist or a title', () => {
    expect(tell('main', { artist: 'Björk', title: 'Jóga', duration: 305_000, album: null, next: { title: 'Górecki' } })).type.toBe<Promise<TellResult>>()
    expect(tell).type.toBeCallableWith('main', { title: 'Jóga', startedAt: new Date(), kind: 'song' as const, tags: { composer: 'Björk' }, next: null })
    expect(tell).type.not.toBeCallableWith('main', { title: 'Jóga', lenght: 1 })
    expect(tell).type.not.toBeCallableWith('main', { title: 'Jóga', duration: '3:33' })
    expect(tell).type.not.toBeCallableWith('main', { title: 'Jóga', kind: 'music' })
    expect(tell).type.not.toBeCallableWith({ title: 'Jóga' })
  })

  test('is answered by whether it is shown', () => {
    expect<TellResult>().type.toBe<{ readonly shown: boolean, readonly status: 'shown' | 'waiting' | 'dropped', readonly reason: TellReason | null }>()
  })
})

describe('a listener knows what it gets', () => {
  test('of a change', () => {
    app.nowPlaying.on('update', (station, previous) => {
      expect(station).type.toBe<Station>()
      expect(previous).type.toBe<Station | undefined>()
    })
  })

  test('of a new play', () => {
    app.nowPlaying.once('track', (track, station) => {
      expect(track).type.toBe<Track>()
      expect(station).type.toBe<Station>()
    })
  })

  test('of another status', () => {
    app.nowPlaying.on('status', (station, previous) => {
      expect(station.status).type.toBe<'unknown' | 'live' | 'stale' | 'offline'>()
      expect(previous).type.toBe<Station | undefined>()
    })
  })

  test('and may be async, or want less', () => {
    expect(app.nowPlaying.on).type.toBeCallableWith('track', async () => {})
    expect(app.nowPlaying.on).type.toBeCallableWith('track', (_: Track) => {})
    expect(app.nowPlaying.on).type.not.toBeCallableWith('track', (_: Station) => {})
    expect(app.nowPlaying.on).type.not.toBeCallableWith('update', (_: number) => {})
  })

  test('by the names of the events', () => {
    expect<keyof NowPlayingEvents>().type.toBe<'update' | 'track' | 'status'>()
  })
})

test('a misspelled event is a type error', () => {
  expect(app.nowPlaying.on).type.not.toBeCallableWith('titel', () => {})
})
