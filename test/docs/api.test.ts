import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'

test('the API reference has every export, each of its members, and every error', (t) => {
  const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL('api.mjs', import.meta.url)), '--check'], { encoding: 'utf8' })
  t.equal(status, 0, stderr)
  t.end()
})
