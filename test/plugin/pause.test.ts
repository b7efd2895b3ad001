import { test } from 'tap'
import { plays, scenario, until } from '../helpers/station.ts'

test('a process that was blocked for three seconds reports nothing wrong and drops no subscriber', async (t) => {
  const { app, icecast, page } = await scenario(t, { staleAfter: 1000, timeout: 500 })
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'A - One')
  await until(app, plays('A - One'))
  const listener = page()
  await listener.snapshot()
  const statuses: string[] = []
  app.nowPlaying.on('status', ({ status }) => { statuses.push(status) })

  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)

  icecast.title('/main.mp3', 'B - Two')
  await listener.sees('B - Two')
  t.strictSame(statuses, [])
  t.equal(app.nowPlaying.subscribers, 1)
})
