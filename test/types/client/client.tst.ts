import { describe, expect, test } from 'tstyche'
import { nowPlaying, type Connection, type NowPlayingClient, type Station, type Track } from '../../../lib/client/client.ts'
import type { NowPlayingElement, NowPlayingIntrinsicElements } from '../../../lib/client/element.ts'

const np = nowPlaying('/now-playing')

describe('the client', () => {
  test('takes an address, and which stations', () => {
    expect(nowPlaying).type.toBeCallableWith('/now-playing', { station: 'main', delay: 1, sleep: true, signal: AbortSignal.timeout(1) })
    expect(nowPlaying).type.toBeCallableWith(new URL('https://radio.example/now-playing'), { station: ['a', 'b'] as const })
    expect(nowPlaying).type.not.toBeCallableWith()
    expect(nowPlaying).type.not.toBeCallableWith('/now-playing', { station: 1 })
  })

  test('has what is on', () => {
    expect(np).type.toBe<NowPlayingClient>()
    expect(np).type.toBeAssignableTo<EventTarget>()
    expect(np.current).type.toBe<Station | undefined>()
    expect(np.stations).type.toBe<ReadonlyMap<string, Station>>()
    expect(np.connection).type.toBe<Connection>()
    expect(np.retry).type.toBe<() => void>()
    expect(np.close).type.toBe<() => void>()
    expect(np[Symbol.asyncIterator]()).type.toBeAssignableTo<AsyncIterator<Station, void>>()
  })

  test('knows its events', () => {
    np.addEventListener('track', ({ detail }) => {
      expect(detail).type.toBe<{ track: Track, station: Station, previous: Track | null | undefined }>()
    })
    np.addEventListener('update', ({ detail }) => {
      expect(detail).type.toBe<{ station: Station, previous: Station | undefined }>()
    })
    np.addEventListener('connection', ({ detail }) => {
      expect(detail).type.toBe<Connection>()
    })
    np.addEventListener('another', (event) => {
      expect(event).type.toBe<Event>()
    })
  })
})

describe('the element', () => {
  const element = document.createElement('now-playing')

  test('is known by its tag', () => {
    expect(element).type.toBe<NowPlayingElement>()
    expect(element.audio).type.toBe<HTMLMediaElement | null>()
    expect(element.client).type.toBe<NowPlayingClient | undefined>()
  })

  test('knows its events, and those of any element', () => {
    element.addEventListener('status', ({ detail }) => {
      expect(detail).type.toBe<{ station: Station, previous: Station | undefined }>()
    })
    element.addEventListener('click', (event) => {
      expect(event).type.toBeAssignableTo<Event>()
    })
  })

  test('has attributes that are checked in JSX', () => {
    type Attributes = NowPlayingIntrinsicElements['now-playing']
    expect<Attributes>().type.toBeAssignableFrom({ station: 'main', history: 5, sleep: true, class: 'wide', ref: () => {} })
    expect<Attributes>().type.toBeAssignableFrom({})
    expect<Attributes>().type.not.toBeAssignableFrom({ station: 1 })
    expect<Attributes>().type.not.toBeAssignableFrom({ sleep: 'no' })
  })
})
