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
 * Each script but READ has a command that writes, if only HDEL of a field that does not exist: a replica accepts PUBLISH, which
 * reaches nobody, but refuses writes.
 */

/**
 * ARGV: the holder, how many ms the lease lasts, the highest term that this instance has seen.
 * A lease of our own keeps its term, unless the state was emptied or restored in the meantime. A new term is at least Redis's
 * clock in ms, so that it rises also after the state was emptied.
 */
export const LEAD = script(`
redis.call('HDEL', KEYS[1], '')
local function number (text) return tonumber(text or nil) or 0 end
local now = redis.call('TIME')
local leads = redis.call('HGET', KEYS[1], 'term')
local lease = redis.call('GET', KEYS[2])
local leaseTerm, holder
if lease then leaseTerm, holder = string.match(lease, '^(%d+) (.+)$') end
if holder and holder ~= ARGV[1] then return false end
local term = number(leaseTerm)
if holder == nil or leads ~= leaseTerm or term < number(ARGV[3]) then
  term = math.max(number(leads) + 1, term + 1, number(ARGV[3]) + 1, now[1] * 1000 + math.floor(now[2] / 1000))
end
local text = string.format('%.0f', term)
if leads ~= text then redis.call('HSET', KEYS[1], 'term', text) end
redis.call('SET', KEYS[2], text .. ' ' .. ARGV[1], 'PX', ARGV[2])
return text`)

/** ARGV: the holder, the channel, the message. */
export const LEAVE = script(`
local lease = redis.call('GET', KEYS[2])
if not lease or string.match(lease, '^%d+ (.+)$') ~= ARGV[1] then return false end
redis.call('DEL', KEYS[2])
redis.call('PUBLISH', ARGV[2], ARGV[3])
return '1'`)

/**
 * ARGV: the term, the channel, the message, the head, and for each station its id, '1' or '0' for one that is removed, and its text.
 * Any term but the one that led last is refused: a newer one has led, or the state was emptied, and then a write of some
 * stations would pass for the whole state.
 */
export const WRITE = script(`
if redis.call('HGET', KEYS[1], 'term') ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'head', ARGV[4], 'written', ARGV[1])
for i = 5, #ARGV, 3 do
  if ARGV[i + 1] == '1' then
    redis.call('HSET', KEYS[1], 's:' .. ARGV[i], ARGV[i + 2])
  else
    redis.call('HDEL', KEYS[1], 's:' .. ARGV[i])
  end
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return '1'`)

/**
 * ARGV: the most bytes, the most fields, 'all' or 'some' stations, and their ids.
 * Returns the fields and their values in turn.
 * A script, because clients of a cluster may send HGETALL to a replica, which can be older than the hint.
 */
export const READ = script(`
if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then return redis.error_reply('ERR too many stations') end
local all
if ARGV[3] == 'all' then
  all = redis.call('HGETALL', KEYS[1])
else
  all = {}
  for _, field in ipairs({ 'written', 'head' }) do
    table.insert(all, field)
    table.insert(all, redis.call('HGET', KEYS[1], field) or '')
  end
  for i = 4, #ARGV do
    local value = redis.call('HGET', KEYS[1], 's:' .. ARGV[i])
    if value then
      table.insert(all, 's:' .. ARGV[i])
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
