import { randomUUID } from 'node:crypto'

// The short texts that instances send each other. Each is a JSON array that begins with its kind.

/** The leader has written. Published with each write; also regularly, with the same `sequence`, so that its time is known. */
export interface WriteHint {
  kind: 'write'
  term: number
  /** The sequence number that the write before had. */
  from: number
  /** Rises with each write of a term that has changed something. */
  sequence: number
  /** The leader's time, in ms since 1970. */
  time: number
  /** What was written; null: any station may have changed. */
  ids: readonly string[] | null
}

/** An instance that does not lead asks the one that does. */
export interface Question {
  kind: 'question'
  id: string
  /** What it asks for: `refresh`. */
  type: string
  text: string
}

/** The answer of the leader. It counts once what was written up to `sequence` has been read. */
export interface Answer {
  kind: 'answer'
  id: string
  text: string
  term: number
  sequence: number
  time: number
}

/** An instance says how many subscribers it has. */
export interface SubscriberCount {
  kind: 'subscribers'
  instance: string
  /** The path of its routes. */
  path: string
  /** Null: it closes. */
  count: number | null
}

export type InstanceMessage = WriteHint | Question | Answer | SubscriberCount

/** The longest hint of a write, in bytes. */
export const MAX_HINT_BYTES = 512
/** The longest other text, in bytes. */
export const MAX_TELL_BYTES = 4096
/** Longer texts are not read. */
const MAX_LENGTH = 8192
/** The end of the year 9999, in ms since 1970. */
const MAX_TIME = 253_402_300_799_999

/** A hint of at most 512 bytes: when the ids do not fit, it stands for all stations. */
export function encodeWrite ({ term, from, sequence, time, ids }: Omit<WriteHint, 'kind'>): string {
  const text = JSON.stringify(['write', term, from, sequence, time, ids])
  return Buffer.byteLength(text) <= MAX_HINT_BYTES ? text : JSON.stringify(['write', term, from, sequence, time, null])
}

/** Null when it would be longer than 4,096 bytes. */
export function encodeQuestion (type: string, text: string): { id: string, message: string } | null {
  const id = randomUUID()
  const message = JSON.stringify(['question', id, type, text])
  return Buffer.byteLength(message) <= MAX_TELL_BYTES ? { id, message } : null
}

/** An answer that is too long becomes an empty one. */
export function encodeAnswer ({ id, text, term, sequence, time }: Omit<Answer, 'kind'>): string {
  const message = JSON.stringify(['answer', id, text, term, sequence, time])
  return Buffer.byteLength(message) <= MAX_TELL_BYTES ? message : JSON.stringify(['answer', id, '', term, sequence, time])
}

export function encodeSubscriberCount ({ instance, path, count }: Omit<SubscriberCount, 'kind'>): string {
  return JSON.stringify(['subscribers', instance, path, count])
}

/** Null when the text is none of these messages: it is from another version, or from somebody else. */
export function readMessage (text: string): InstanceMessage | null {
  const [kind, ...fields] = parse(text)
  if (kind === 'write') {
    const [term, from, sequence, time, ids] = fields
    return isNumber(term) && isNumber(from) && isNumber(sequence) && isTime(time) && (ids === null || isTexts(ids)) ? { kind, term, from, sequence, time, ids } : null
  }
  if (kind === 'question') {
    const [id, type, text] = fields
    return isText(id) && isText(type) && isText(text) ? { kind, id, type, text } : null
  }
  if (kind === 'subscribers') {
    const [instance, path, count] = fields
    return isText(instance) && isText(path) && (count === null || (isNumber(count) && count >= 0)) ? { kind, instance, path, count } : null
  }
  if (kind !== 'answer') return null
  const [id, answer, term, sequence, time] = fields
  return isText(id) && isText(answer) && isNumber(term) && isNumber(sequence) && isTime(time) ? { kind, id, text: answer, term, sequence, time } : null
}

function parse (text: string): unknown[] {
  if (text.length > MAX_LENGTH) return []
  try {
    const parsed: unknown = JSON.parse(text)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

function isNumber (value: unknown): value is number {
  return Number.isSafeInteger(value)
}

/** Whether it is a date, in ms since 1970. */
export function isTime (value: unknown): value is number {
  return isNumber(value) && value >= 0 && value <= MAX_TIME
}

function isText (value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts (value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText)
}
