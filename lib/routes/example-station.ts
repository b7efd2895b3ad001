import type { Station } from '../schemas.ts'

/** A station as the OpenAPI document shows it. */
export const EXAMPLE_STATION: Station = {
  id: 'main',
  name: 'Radio Main',
  description: null,
  genre: 'Jazz',
  url: 'https://radio.example',
  status: 'live',
  statusSince: '2026-01-01T12:00:00.000Z',
  fallback: false,
  listeners: { current: 42, peak: 97 },
  mounts: [
    {
      path: '/main.mp3',
      live: true,
      liveSince: '2026-01-01T05:00:00.000Z',
      listenUrl: 'https://radio.example/main.mp3',
      contentType: 'audio/mpeg',
      codec: 'mp3',
      bitrate: 128,
      listeners: 42
    }
  ],
  track: {
    id: '1h5k2x-7',
    text: 'Nina Simone - Feeling Good',
    artist: 'Nina Simone',
    title: 'Feeling Good',
    raw: 'Nina Simone - Feeling Good',
    kind: 'song',
    startedAt: '2026-01-01T12:34:56.000Z',
    audibleAt: '2026-01-01T12:34:56.000Z',
    duration: 174_000,
    endsAt: '2026-01-01T12:37:50.000Z',
    tags: { album: 'I Put a Spell on You', isrc: 'USPR36500001' },
    mount: '/main.mp3'
  },
  next: { text: 'Chet Baker - I Fall in Love Too Easily', artist: 'Chet Baker', title: 'I Fall in Love Too Easily' },
  history: []
}
