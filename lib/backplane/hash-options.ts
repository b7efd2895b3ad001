import { createHash } from 'node:crypto'
import type { Settings } from '../options/options.ts'

type DecisiveOptions = Pick<Settings, 'servers' | 'stations' | 'staleAfter' | 'hold' | 'staleTrackAfter' | 'delay' | 'history' | 'hide'>

/**
 * A hash of the options by which the leader decides what is published. Addresses and accounts are not part of it, since
 * instances may reach a server by different ones, nor are functions.
 */
export function hashOptions ({ servers, stations, staleAfter, hold, staleTrackAfter, delay, history, hide }: DecisiveOptions): string {
  const decisive = [servers.length, stations && [...stations], staleAfter, hold, staleTrackAfter, delay, history, [...hide].sort()]
  return createHash('sha256').update(JSON.stringify(decisive)).digest('base64url').slice(0, 16)
}
