import { isUtf8 } from 'node:buffer'

/** Tags of a track; more are left out. */
export { MAX_TAGS } from '../../schemas.ts'
/** Bytes; a tag with a longer name is left out. */
export const MAX_TAG_NAME_BYTES = 64
/** Bytes; a longer value is cut. Four bytes for each of the 512 units of a published text. */
export const MAX_TAG_VALUE_BYTES = 2048

/** Pictures, what says only how the audio was encoded, and a name that is special in JavaScript. */
const LEFT_OUT = /^(?:__proto__|metadata_block_picture|coverart(?:mime)?|encoder(?:[ _]\w*)?)$/
const NAME = /^[ -<>-}]+$/

/** Whether a tag of this name, in lower case, is kept. */
export function isKept (name: string): boolean {
  return NAME.test(name) && name.length <= MAX_TAG_NAME_BYTES && !LEFT_OUT.test(name)
}

/**
 * Bytes as text in the way that documents give titles: UTF-8 where they are UTF-8, otherwise one character for each byte,
 * from which `lib/metadata` recovers the letters by the station's `charset`.
 */
export function toText (bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1')
}

/** The first `max` bytes, without the part of a UTF-8 character that would be left at the end. */
export function cut (bytes: Buffer, max: number): Buffer {
  let end = Math.min(bytes.length, max)
  if (end < bytes.length) while (end > max - 4 && isContinuation(bytes, end)) end--
  return bytes.subarray(0, end)
}

function isContinuation (bytes: Buffer, at: number): boolean {
  return (bytes.readUInt8(at) & 0xc0) === 0x80
}
