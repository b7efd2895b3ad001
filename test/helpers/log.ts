import Fastify, { type FastifyBaseLogger } from 'fastify'

export interface Line { level: number, msg: string, err?: { code?: string, message: string } }

/** A log, and what was written to it. */
export function logOf (): { log: FastifyBaseLogger, lines: Line[] } {
  const lines: Line[] = []
  const { log } = Fastify({ logger: { stream: { write: (line: string) => { lines.push(JSON.parse(line)) } } } })
  return { log, lines }
}
