import { describe, expect, test } from 'tstyche'
import type { History, Kind, Message, Mount, NowPlayingList, PastTrack, Station, Status, Track } from '../../index.ts'

describe('what leaves the house', () => {
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
      mount: string
    }>()
    expect<Kind>().type.toBe<'song' | 'jingle' | 'ad' | 'talk' | 'unknown'>()
    expect<PastTrack>().type.toBeAssignableTo<Track>()
    expect<PastTrack['endedAt']>().type.toBe<string>()
    expect<Track>().type.not.toHaveProperty('endedAt')
  })

  test('a mount', () => {
    expect<Mount>().type.toBe<{
      path: string
      live: boolean
      listenUrl: string | null
      contentType: string | null
      bitrate: number | null
      listeners: number | null
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
      listeners: { current: number | null, peak: number | null }
      mounts: Mount[]
      history: PastTrack[]
    }>()
    expect<Status>().type.toBe<'unknown' | 'live' | 'stale' | 'offline'>()
  })

  test('all stations', () => {
    expect<NowPlayingList>().type.toBe<{ version: string, stations: Station[] }>()
    expect<History>().type.toBe<{ station: string, history: PastTrack[] }>()
  })
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
      case 'heartbeat':
        return expect(message).type.toBe<{ type: 'heartbeat' }>()
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
