import { describe, expect, test } from 'tstyche'
import type { History, Kind, Message, Mount, NextTrack, NowPlayingList, PastTrack, Station, Status, Track } from '../../index.ts'

describe('what is published', () => {
  test('a track', () => {
    expect<Track>().type.toBeAssignableTo<{
      id: string
      text: string
      artist: string | null
      title: string | null
      raw: string
      kind: Kind
      startedAt: string
      audibleAt: string
      duration: number | null
      endsAt: string | null
      tags: { readonly [name: string]: string } | null
      mount: string
    }>()
    expect<Kind>().type.toBe<'song' | 'jingle' | 'ad' | 'talk' | 'unknown'>()
    expect<PastTrack>().type.toBeAssignableTo<Track>()
    expect<PastTrack['endedAt']>().type.toBe<string>()
    expect<Track>().type.not.toHaveProperty('endedAt')
  })

  test('a mount', () => {
    expect<Mount>().type.toBe<{
      readonly path: string
      readonly live: boolean
      readonly liveSince: string | null
      readonly listenUrl: string | null
      readonly contentType: string | null
      readonly codec: string | null
      readonly bitrate: number | null
      readonly listeners: number | null
    }>()
  })

  test('a station', () => {
    expect<Station>().type.toBeAssignableTo<{
      id: string
      name: string
      description: string | null
      genre: string | null
      url: string | null
      status: Status
      statusSince: string
      fallback: boolean
      track: Track | null
      next: NextTrack | null
      listeners: { current: number | null, peak: number | null }
      mounts: readonly Mount[]
      history: readonly PastTrack[]
    }>()
    expect<Status>().type.toBe<'unknown' | 'live' | 'stale' | 'offline'>()
  })

  test('the next song', () => {
    expect<NextTrack>().type.toBe<{ readonly text: string, readonly artist: string | null, readonly title: string | null }>()
  })

  test('all stations', () => {
    expect<NowPlayingList>().type.toBe<{ readonly version: string, readonly stations: readonly Station[] }>()
    expect<History>().type.toBe<{ readonly station: string, readonly history: readonly PastTrack[] }>()
  })
})

/** The same type as one object instead of an intersection. */
type Flat<T> = { [Key in keyof T]: T[Key] }

test('nothing that is published can be changed', () => {
  expect<Station>().type.not.toBeAssignableTo<{ mounts: Mount[] }>()
  expect<Station>().type.not.toBeAssignableTo<{ history: PastTrack[] }>()
  expect<Track>().type.toBe<Readonly<Track>>()
  expect<Flat<PastTrack>>().type.toBe<Readonly<Flat<PastTrack>>>()
  expect<Flat<Station>>().type.toBe<Readonly<Flat<Station>>>()
  expect<Station['listeners']>().type.toBe<{ readonly current: number | null, readonly peak: number | null }>()
  expect<Message>().type.toBe<Readonly<Message>>()
})

test('a message says by its type what it carries', () => {
  const read = (message: Message) => {
    switch (message.type) {
      case 'snapshot':
        expect(message.stations).type.toBe<readonly Station[]>()
        expect(message.version).type.toBe<string>()
        return expect(message.serverTime).type.toBe<string>()
      case 'update':
        expect(message.station).type.toBe<Station>()
        return expect(message.version).type.toBe<string>()
      case 'listeners':
        expect(message.mounts).type.toBe<{ readonly [path: string]: number | null }>()
        return expect(message.station).type.toBe<string>()
      case 'heartbeat':
        return expect(message).type.toBe<{ readonly type: 'heartbeat' }>()
      case 'error':
        expect(message.code).type.toBe<string>()
        return expect(message.message).type.toBe<string>()
      default:
        return expect(message).type.toBe<never>()
    }
  }
  expect(read).type.toBeCallableWith({ type: 'heartbeat' as const })
  expect(read).type.not.toBeCallableWith({ type: 'snapshot' as const })
  expect(read).type.not.toBeCallableWith({ type: 'ping' as const })
})
