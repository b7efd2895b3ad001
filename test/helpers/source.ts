import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { harnessAgent, until, type Icecast2 } from './icecast2.ts'

export interface SourceOptions {
  /** `audio/mpeg`. The frames are MP3 whatever it says; Icecast looks into Ogg and WebM only. */
  contentType?: string
  /** kbit/s, at least 64: Icecast shows a title when the next 1400 bytes have come. 128. */
  bitrate?: keyof typeof bitrates
  name?: string
  description?: string
  genre?: string
  url?: string
  /** Further headers, as they are: `ice-audio-info`, `ice-public`. */
  headers?: Record<string, string>
}

export interface Source {
  readonly mount: string
  /** Closes the line, as an encoder does that stops. Icecast drops the mount within 0.3 s. */
  disconnect: () => Promise<void>
  /** Sends nothing more, and leaves the line open. */
  stall: () => void
  [Symbol.asyncDispose]: () => Promise<void>
}

// kbit/s and their index in the header of an MPEG 1 layer III frame.
const bitrates = { 64: 5, 96: 7, 128: 9, 192: 11, 320: 14 }
const frameMs = 24

/**
 * Connects an encoder that sends silence, and waits until Icecast lists it.
 * Rejects when Icecast refuses it: wrong password, mount in use, too many sources.
 */
export async function connectSource (icecast: Icecast2, mount: string, options: SourceOptions = {}): Promise<Source> {
  const bitrate = options.bitrate ?? 128
  // Tells this connection's entry from that of the one before.
  const agent = `${harnessAgent}-${randomUUID()}`
  const headers = {
    authorization: 'Basic ' + Buffer.from(`source:${icecast.auth.password}`).toString('base64'),
    'user-agent': agent,
    'content-type': options.contentType ?? 'audio/mpeg',
    'ice-bitrate': String(bitrate),
    'ice-name': options.name,
    'ice-description': options.description,
    'ice-genre': options.genre,
    'ice-url': options.url,
    ...options.headers
  }
  // A raw socket: Node's client would send chunks, whose size lines Icecast 2.4 takes for audio.
  const socket = connect(icecast.port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  let sending: NodeJS.Timeout | undefined
  const disconnect = async () => {
    clearInterval(sending)
    // What Icecast never read would only hold the line open.
    socket.destroy()
    await closed
  }

  try {
    await once(socket, 'connect')
    socket.write(`PUT ${mount.split('/').map(encodeURIComponent).join('/')} HTTP/1.1\r\nhost: 127.0.0.1\r\n` + Object.entries(headers)
      .map(([key, value]) => value === undefined ? '' : `${key}: ${value}\r\n`).join('') + '\r\n')
    const [answer] = await once(socket, 'data')
    const [line = ''] = String(answer).split('\r\n')
    if (!line.includes(' 200 ')) throw new Error(`icecast2 refused the source ${mount}: ${line}`)
    // Icecast going away ends a source; it is not this process's error.
    socket.on('error', () => {}).resume()
    sending = play(silence(bitrate), (frames) => socket.write(frames), () => socket.writableNeedDrain)
    socket.once('close', () => clearInterval(sending))
    await until(`icecast2 lists ${mount}`, 5000, async () => {
      if (socket.closed) throw new Error(`icecast2 closed the source ${mount}`)
      const { body } = await icecast.get('/admin/stats')
      return body.includes(agent)
    })
  } catch (error) {
    await disconnect()
    throw error
  }
  return { mount, disconnect, stall: () => clearInterval(sending), [Symbol.asyncDispose]: disconnect }
}

/** One frame of 24 ms of silence: 48 kHz, mono, all samples zero. */
function silence (bitrate: keyof typeof bitrates): Buffer {
  const frame = Buffer.alloc(bitrate * frameMs / 8)
  frame.set([0xff, 0xfb, bitrates[bitrate] << 4 | 0x04, 0xc0])
  return frame
}

/** Sends as many frames as the clock says, leaving out those for which the line has no room. */
function play (frame: Buffer, write: (frames: Buffer) => void, full: () => boolean): NodeJS.Timeout {
  const start = performance.now()
  let sent = 0
  return setInterval(() => {
    const due = Math.floor((performance.now() - start) / frameMs)
    if (due > sent && !full()) write(Buffer.concat(Array<Buffer>(Math.min(due - sent, 100)).fill(frame)))
    sent = due
  }, frameMs).unref()
}
