import { test } from 'tap'
import { chromiumMissing } from './chromium.ts'

test('a missing Chromium is skipped at home, and fails where CI is set', (t) => {
  const { CHROMIUM_PATH, CI } = process.env
  t.teardown(() => {
    for (const [name, value] of Object.entries({ CHROMIUM_PATH, CI })) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  process.env['CHROMIUM_PATH'] = '/nowhere/chromium'
  delete process.env['CI']
  t.match(chromiumMissing(), /no Chromium at \/nowhere\/chromium \(apt-get install/)
  process.env['CI'] = 'true'
  t.equal(chromiumMissing(), false)
  t.end()
})
