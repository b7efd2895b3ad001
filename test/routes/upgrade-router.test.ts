import { createServer, type IncomingMessage } from 'node:http'
import { test } from 'tap'
import { UpgradeRouter } from '../../lib/routes/upgrade-router.ts'

test('Node 24.9 and later is told which offers of other protocols to ignore', async (t) => {
  const server = createServer()
  UpgradeRouter.for(server).add({ includes: (url) => url.startsWith('/now-playing'), listeners: () => [] })
  const isUpgrade = Reflect.get(server, 'shouldUpgradeCallback') as (request: Pick<IncomingMessage, 'url' | 'headers'>) => boolean
  const offers = (upgrade: string): boolean[] => ['/now-playing?a', '/other'].map((url) => isUpgrade({ url, headers: { upgrade } }))
  t.same([offers('WebSocket'), offers('h2c')], [[true, true], [false, false]])
  server.on('upgrade', () => {})
  t.same([offers('websocket'), offers('h2c')], [[true, true], [false, true]], 'another listener may know it')
})
