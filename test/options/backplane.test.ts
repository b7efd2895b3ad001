import { test } from 'tap'
import { memoryBackplane } from '../../index.ts'
import { readBackplane } from '../../lib/options/backplane.ts'

test('a backplane is an object with its seven functions', (t) => {
  const backplane = memoryBackplane()
  t.equal(readBackplane(undefined), null)
  t.equal(readBackplane(backplane), backplane)
  for (const wrong of [null, 'redis', {}, { ...withFunctions(), lead: 1 }, { ...withFunctions(), open: true }]) {
    t.throws(() => readBackplane(wrong), { code: 'FST_ICECAST_INVALID_OPTION', message: /an object with the functions `lead`/ })
  }
  const own = withFunctions()
  t.equal(readBackplane(own), own)
  t.end()
})

function withFunctions (): Record<string, unknown> {
  return Object.fromEntries(['lead', 'leave', 'write', 'read', 'listen', 'tell', 'close'].map((name) => [name, () => {}]))
}
