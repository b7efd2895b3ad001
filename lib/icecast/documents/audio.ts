import type { JsonObject } from './json.ts'
import { toCount, toScalar } from './values.ts'

const BITRATE = /^[ \t\r\n]*(\d{1,7})[ \t]*(?:k(?:bps|bit\/s|b\/s)?)?[ \t\r\n]*$/i
// `channels=2;samplerate=44100;bitrate=128`, or with `ice-` before each name.
const BITRATE_IN_AUDIO_INFO = /(?:^|;)\s*(?:ice-)?bitrate=\s*(\d{1,7})\s*(?:;|$)/i
const CODECS_PARAMETER = /;\s*codecs\s*=\s*"?([^";]*)/i

const CODECS_BY_CONTENT_TYPE = new Map([
  ['audio/mpeg', 'mp3'],
  ['audio/mp3', 'mp3'],
  ['audio/aac', 'aac'],
  ['audio/aacp', 'aac'],
  ['audio/x-aac', 'aac'],
  ['audio/flac', 'flac'],
  ['audio/x-flac', 'flac'],
  ['audio/opus', 'opus']
])
/** Audio codecs that `subtype` and `codecs=` name; what else they name, such as `Theora`, is video. */
const NAMED_CODECS = /\b(?:vorbis|opus|flac|speex)\b/i

/** kbit/s. Encoders send it under several names; 2.5 and some encoders send it only in `audio_info`. */
export function readBitrate (source: JsonObject): number | null {
  // `bitrate` may also be a text such as `Quality 4,00`, where `ice-bitrate` is Icecast's own measurement of Ogg.
  for (const key of ['bitrate', 'ice-bitrate']) {
    const bitrate = BITRATE.exec(toScalar(source.get(key)) ?? '')?.[1]
    if (bitrate !== undefined) return Number(bitrate)
  }
  const inAudioInfo = BITRATE_IN_AUDIO_INFO.exec(toScalar(source.get('audio_info')) ?? '')?.[1]
  if (inAudioInfo !== undefined) return Number(inAudioInfo)
  const bitsPerSecond = toCount(source.get('audio_bitrate'))
  return bitsPerSecond === null ? null : Math.round(bitsPerSecond / 1000)
}

/** `application/ogg` alone does not name the codec: Icecast writes it to `subtype` once it has read the stream's headers. */
export function readCodec (source: JsonObject, contentType: string | null): string | null {
  const [essence = ''] = (contentType ?? '').split(';')
  const named = NAMED_CODECS.exec(toScalar(source.get('subtype')) ?? '') ??
    NAMED_CODECS.exec(CODECS_PARAMETER.exec(contentType ?? '')?.[1] ?? '')
  return CODECS_BY_CONTENT_TYPE.get(essence.trim().toLowerCase()) ?? named?.[0].toLowerCase() ?? null
}
