import type { HistoryStore, StationMemory } from '../../lib/store/store.ts'

/** A store in memory, which several openings share as they would a database. */
export function memoryStore (texts = new Map<string, string>()): HistoryStore {
  return {
    async load () { return Array.from(texts, ([station, text]) => [station, JSON.parse(text)]) },
    async save (station, memory) { texts.set(station, JSON.stringify(memory)) }
  }
}

/** A track, or a memory, as a board gives it. */
export function memory (text = 'A', own: object = {}): StationMemory {
  const track = {
    id: `play of ${text}`,
    text,
    artist: null,
    title: text,
    raw: text,
    kind: 'unknown' as const,
    startedAt: '2026-11-22T05:12:31.204Z',
    audibleAt: '2026-11-22T05:12:51.204Z',
    duration: 180_000,
    endsAt: '2026-11-22T05:15:51.204Z',
    tags: { album: 'About A' },
    mount: '/main.mp3',
    ...own
  }
  return { seenAt: '2026-11-22T05:15:00.000Z', track, history: [{ ...track, id: `before ${text}`, endedAt: '2026-11-22T05:12:31.204Z' }] }
}
