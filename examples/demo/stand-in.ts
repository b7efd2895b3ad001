import type { TrackDetails } from '../../index.ts'
import { fakeIcecast, type SourceOptions } from '../../lib/testing/index.ts'

/** Titles as encoders send them; null: the source disconnects until the next title. */
type Programme = readonly [string, ...(string | null)[]]

interface Show {
  mount: string
  source: SourceOptions
  listeners: number
  /** How many steps a title lasts. */
  every: number
  programme: Programme
}

// All artists and titles are invented.
const SHOWS: readonly Show[] = [
  {
    mount: '/meridian.mp3',
    source: { name: 'Radio Meridian', description: 'Songs from every longitude', genre: 'Eclectic', bitrate: 192 },
    listeners: 214,
    every: 1,
    programme: [
      'Marlow & the Tidewater - Slow Weather',
      'Лада Ветрова - Последний трамвай',
      'Os Barcos de Papel - Saudade às três',
      'みなとリズム - 雨上がりの坂道',
      'You are listening to Radio Meridian',
      'Ingrid Fjellheim - Nordlys over øyene',
      'هند الورد - ليلٌ طويل',
      'Paper Lanterns - Moonlit Arcade 🏮',
      'The Angle Brackets - <b>html?</b> No, just a title',
      'Ελένη Θαλασσινού - Αλάτι',
      'Orchestre du Quai Nord - Suite pour fenêtres ouvertes, II. Quand la ville s’éveille doucement',
      'मीरा साहिल - बारिश की धुन',
      'Żółte Latawce - Gdzie śpi wiatr',
      'נועה ים - שיר לירח',
      '늦은버스 - 달그림자',
      '1999'
    ]
  },
  {
    mount: '/nocturne.mp3',
    source: { name: 'Nocturne', description: 'Quiet music after dark', genre: 'Ambient', bitrate: 128 },
    listeners: 63,
    every: 2,
    programme: [
      'Halden & Voss - Snow on the Relay Tower',
      'Mirela Dunăre - Cântec de leagăn',
      'Hollow Pines - Half Past Never',
      'Sólveig Hrafns - Þögnin á heiðinni'
    ]
  },
  {
    mount: '/talk.mp3',
    source: { name: 'Meridian Talk', description: 'Voices, now and then', genre: 'Talk', bitrate: 96 },
    listeners: 12,
    every: 3,
    programme: ['The Lighthouse Hour', 'Letters from the Harbour', null]
  }
]

export interface StandIn {
  url: string
  /** What a playout system would know of what is on: how long it takes, and what comes next. */
  detailsOf: (station: string) => TrackDetails | undefined
  close: () => Promise<void>
}

/** Starts a fake Icecast in this process, with a new title every `pace` ms. */
export async function playStandIn (pace: number): Promise<StandIn> {
  const icecast = await fakeIcecast()
  const details = new Map<string, TrackDetails>()
  let step = 0
  const play = (): void => {
    for (const { mount, source, listeners, every, programme } of SHOWS) {
      if (step % every !== 0) continue
      const turn = step / every
      const title = programme[turn % programme.length] ?? null
      if (title === null) {
        icecast.disconnect(mount)
        continue
      }
      if (turn === 0 || programme[(turn - 1) % programme.length] === null) icecast.source(mount, source)
      icecast.listeners(mount, Math.round(listeners * (1 + Math.sin(turn) / 5)))
      icecast.title(mount, title)
      const next = programme[(turn + 1) % programme.length]
      details.set(mount.slice(1), { title, duration: every * pace, ...next && { next: { title: next } } })
    }
    step++
  }
  play()
  const timer = setInterval(play, pace)
  return {
    url: icecast.url,
    detailsOf: (station) => details.get(station),
    close: async () => {
      clearInterval(timer)
      await icecast.close()
    }
  }
}
