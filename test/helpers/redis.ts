import { spawnSync } from 'node:child_process'

export { startRedis, startSentinel, type RedisServer } from './redis-server.ts'

/** For tap's `skip`. In CI the tests fail without redis-server instead of being skipped. */
export const redisIsMissing = process.env['CI'] !== 'true' && spawnSync('redis-server', ['--version']).error !== undefined && 'redis-server is not installed (apt-get install redis-server)'
