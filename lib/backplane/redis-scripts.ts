import { createHash } from 'node:crypto'

export interface RedisScript {
  readonly source: string
  readonly sha1: string
}

/** Redis refuses to return a state of more than this many bytes, so that no instance is made to hold it in memory. */
export const MAX_STATE_BYTES = 32 * 1024 * 1024
/** The most stations that are read. */
export const MAX_STATIONS = 10_000

/*
 * KEYS[1] is the state, a hash: `term` (of the last leader), `written` (the term of the leader that wrote the head), `head`,
 * and `s:<id>` for each station.
 * KEYS[2] is the lease, a string that expires: `<term> <holder>`.
 * The channel is an argument, because a client's `keyPrefix` applies to keys alone.
 * Numbers are returned as text, because a client may be set to return them as strings or as BigInts.
 * A script that publishes also writes, if only HDEL of a field that does not exist: a replica accepts PUBLISH, which reaches
 * nobody there, but refuses writes.
 * `unpack` has a limit, so many arguments are passed on in parts.
 */

/**
 * ARGV: the holder, how many ms the lease lasts, the highest term that this instance has seen.
 * A lease of our own keeps its term, unless it comes from an old dump. A new term is at least Redis's clock in ms, so that it
 * rises also after the state was emptied.
 */
export const LEAD = script(`
local lease = redis.call('GET', KEYS[2])
local term, holder = string.match(lease or '', '^(%d+) (.+)$')
if holder and holder ~= ARGV[1] then return false end
local seen = tonumber(ARGV[3])
if holder and tonumber(term) >= seen then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return term
end
local last = tonumber(redis.call('HGET', KEYS[1], 'term') or '') or 0
local now = redis.call('TIME')
term = string.format('%.0f', math.max(last + 1, seen + 1, now[1] * 1000 + math.floor(now[2] / 1000)))
redis.call('HSET', KEYS[1], 'term', term)
redis.call('SET', KEYS[2], term .. ' ' .. ARGV[1], 'PX', ARGV[2])
return term`)

/** ARGV: the holder, the channel, the message. */
export const LEAVE = script(`
local lease = redis.call('GET', KEYS[2])
if string.match(lease or '', '^%d+ (.+)$') ~= ARGV[1] then return false end
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return '1'`)

/**
 * ARGV: the holder, the term, the channel, the message, how many fields are removed, their names, then names and values.
 * Any term but that of the last leader is refused: another one has led, or the state was emptied, and then some stations would
 * pass for all. In the second case the lease ends too, so that the leader gets a new term.
 */
export const WRITE = script(`
local last = redis.call('HGET', KEYS[1], 'term')
if last ~= ARGV[2] then
  if not last and redis.call('GET', KEYS[2]) == ARGV[2] .. ' ' .. ARGV[1] then redis.call('DEL', KEYS[2]) end
  return false
end
local first = 6 + ARGV[5]
for i = 6, first - 1, 1000 do redis.call('HDEL', KEYS[1], unpack(ARGV, i, math.min(i + 999, first - 1))) end
for i = first, #ARGV, 1000 do redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV))) end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return '1'`)

/**
 * ARGV: the most bytes, the most fields, and the names of the fields, or none for all. Returns names and values in turn.
 * A script, because clients of a cluster may send HGETALL to a replica, which can be older than the hint.
 */
export const READ = script(`
local all = {}
if #ARGV == 2 then
  if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then return redis.error_reply('ERR too many stations') end
  all = redis.call('HGETALL', KEYS[1])
end
for i = 3, #ARGV, 1000 do
  for offset, value in ipairs(redis.call('HMGET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))) do
    if value then
      table.insert(all, ARGV[i + offset - 1])
      table.insert(all, value)
    end
  end
end
local bytes = 0
for _, text in ipairs(all) do bytes = bytes + #text end
if bytes > tonumber(ARGV[1]) then return redis.error_reply('ERR the state is too large') end
return all`)

/** ARGV: the channel, the message. */
export const TELL = script(`
redis.call('HDEL', KEYS[1], '')
redis.call('PUBLISH', ARGV[1], ARGV[2])
return '1'`)

function script (source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') }
}
