import { utf8 } from './bytes.ts'
import type { Source } from './server.ts'

export function typeOf ({ options }: Source): string {
  return options.contentType ?? 'audio/mpeg'
}

/**
 * The headers that tell what the encoder has said of itself, in the order of its own headers, where it sends the bitrate up to
 * twice. `separator` is what stands after a colon.
 */
export function icyHeaders ({ options }: Source, interval: number | null, separator: '' | ' ', repeatsBitrate: boolean): string {
  const { audioInfo, bitrate, name } = options
  const inInfo = /bitrate=(\d+)/.exec(audioInfo ?? '')?.[1]
  const lines: [string, string | number | undefined][] = [
    [`icy-br:${separator}`, inInfo],
    ['ice-audio-info: ', audioInfo],
    [`icy-br:${separator}`, inInfo === undefined || repeatsBitrate ? bitrate : undefined],
    [`icy-description:${separator}`, options.description],
    [`icy-genre:${separator}`, options.genre],
    [`icy-name:${separator}`, name],
    [`icy-pub:${separator}`, name === undefined ? undefined : 0],
    [`icy-url:${separator}`, options.url],
    [`icy-metaint:${separator}`, interval ?? undefined]
  ]
  return lines.map(([header, value]) => value === undefined ? '' : `${header}${utf8(`${value}`)}\r\n`).join('')
}
