import { textFrame } from '../../lib/push/websocket-frame.ts'

/** What a message takes in a WebSocket frame. */
export function frameBytes (message: object): number {
  return textFrame(Buffer.from(JSON.stringify(message))).length
}

const URL = 'https://radio.example'

const song = {
  id: '3f786850e387550fdab836ed7e6dc881',
  text: 'Massive Attack - Just Like Heaven',
  artist: 'Massive Attack',
  title: 'Just Like Heaven',
  album: 'Blue Lines',
  genre: '',
  isrc: '',
  lyrics: '',
  art: `${URL}/api/station/main/art/3f786850e387550fdab836ed-1700000000.jpg`,
  custom_fields: []
}

const played = { sh_id: 123456, played_at: 1700000000, duration: 180, playlist: 'Default', streamer: '', is_request: false, song }

/** A message of AzuraCast over its WebSocket, with the fields that its documentation and source name. */
export function azuracastUpdate (mounts: readonly string[]): object {
  return {
    channel: 'station:main',
    pub: {
      data: {
        np: {
          station: {
            id: 1,
            name: 'Radio Station 0',
            shortcode: 'main',
            description: 'The best music of today',
            frontend: 'icecast',
            backend: 'liquidsoap',
            timezone: 'UTC',
            listen_url: `${URL}/listen/main/main.mp3`,
            url: URL,
            public_player_url: `${URL}/public/main`,
            playlist_pls_url: `${URL}/public/main/playlist.pls`,
            playlist_m3u_url: `${URL}/public/main/playlist.m3u`,
            is_public: true,
            requests_enabled: false,
            mounts: mounts.map((path, id) => ({
              path, is_default: id === 0, id, name: `${path} (128kbps MP3)`, url: `${URL}/listen/main${path}`, bitrate: 128, format: 'mp3', listeners: { total: 345, unique: 340, current: 345 }
            })),
            remotes: [],
            hls_enabled: false,
            hls_is_default: false,
            hls_url: null,
            hls_listeners: 0
          },
          listeners: { total: 1035, unique: 1020, current: 1035 },
          live: { is_live: false, streamer_name: '', broadcast_start: null, art: null },
          now_playing: { ...played, elapsed: 12, remaining: 168 },
          playing_next: { cued_at: 1700000000, played_at: 1700000180, duration: 180, playlist: 'Default', is_request: false, song },
          song_history: Array.from({ length: 5 }, () => played),
          is_online: true,
          cache: null
        },
        triggers: ['listener_gained'],
        current_time: 1700000000
      }
    }
  }
}

/** An event of Zeno's stream of titles. */
export function zenoEvent (): string {
  return 'id:8c1d4f1a-0000-4000-8000-000000000000\nevent:message\ndata:{"streamTitle":"Massive Attack - Just Like Heaven"}\n\n'
}
