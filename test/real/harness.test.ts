import { test } from 'tap'
import { icecast2Missing, startIcecast2, until, type Icecast2 } from '../helpers/icecast2.ts'
import { connectSource } from '../helpers/source.ts'

const skip = icecast2Missing()
const hidden = '<mount type="normal"><mount-name>/hidden.mp3</mount-name><hidden>1</hidden></mount>'

function alive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** What the status document shows, unless it comes too late. */
async function status (icecast: Icecast2, timeout = 5000) {
  const response = await fetch(`${icecast.url}/status-json.xsl`, { signal: AbortSignal.timeout(timeout) })
  return JSON.parse(await response.text()).icestats
}

test('a source is listed and its title shown', { skip }, async (t) => {
  const icecast = await startIcecast2({ mounts: hidden })
  t.teardown(icecast.stop)
  t.equal((await status(icecast)).source, undefined)

  const source = await connectSource(icecast, '/main.mp3', { name: 'Radio Main', genre: 'jazz' })
  await connectSource(icecast, '/hidden.mp3')
  t.match((await status(icecast)).source, {
    listenurl: `${icecast.url}/main.mp3`,
    server_name: 'Radio Main',
    genre: 'jazz',
    server_type: 'audio/mpeg',
    title: undefined
  }, 'and the hidden one is not')

  const shows = async (title: string) => until(title, 2000, async () => (await status(icecast)).source.title === title)
  await icecast.setTitle('/main.mp3', Buffer.from('Bj\xf6rk - J\xf3ga', 'latin1'))
  await shows('Björk - Jóga')
  await icecast.setTitle('/main.mp3', 'Ночь', { artist: 'Кино', charset: 'UTF-8' })
  await shows('&#1050;&#1080;&#1085;&#1086; - &#1053;&#1086;&#1095;&#1100;')
  await t.rejects(icecast.setTitle('/none.mp3', 'x'), { message: /refused the title: 400/ })
  await t.rejects(connectSource(icecast, '/main.mp3'), { message: /refused the source .*403/ })

  await source.disconnect()
  await until('gone', 2000, async () => (await status(icecast)).source === undefined)
})

test('requests of others are counted, and its own are not', { skip }, async (t) => {
  const icecast = await startIcecast2()
  t.teardown(icecast.stop)
  await status(icecast)
  await fetch(`${icecast.url}/none`)
  await icecast.get('/admin/stats')
  await until('logged', 1000, () => icecast.requests() === 2)
  t.equal(icecast.requests('/status-json'), 1)
})

test('a stalled source is thrown out after its time', { skip }, async (t) => {
  const icecast = await startIcecast2({ sourceTimeout: 1 })
  t.teardown(icecast.stop)
  const source = await connectSource(icecast, '/main.mp3')
  source.stall()
  t.ok((await status(icecast)).source)
  await until('thrown out', 5000, async () => (await status(icecast)).source === undefined)
})

test('it hangs, goes on, starts again at its address and leaves no process behind', { skip }, async (t) => {
  const icecast = await startIcecast2()
  t.teardown(icecast.stop)
  const { url, pid } = icecast
  await connectSource(icecast, '/main.mp3')

  await icecast.hang()
  await t.rejects(status(icecast, 200), { name: 'TimeoutError' })
  icecast.resume()
  t.ok((await status(icecast)).source)

  await icecast.hang()
  await icecast.restart()
  t.equal(icecast.url, url)
  t.not(icecast.pid, pid)
  t.notOk(alive(pid))
  t.equal((await status(icecast)).source, undefined)

  const last = icecast.pid
  await icecast.stop()
  await icecast.stop()
  t.notOk(alive(last))
  t.throws(() => icecast.pid, { message: /not running/ })
  await t.rejects(status(icecast))
})

test('a missing icecast2 is skipped at home, and fails where CI is set', (t) => {
  const { PATH, CI } = process.env
  t.teardown(() => {
    delete process.env['CI']
    Object.assign(process.env, { PATH }, CI === undefined ? {} : { CI })
  })
  process.env['PATH'] = '/nowhere'
  delete process.env['CI']
  t.match(icecast2Missing(), /not installed/)
  process.env['CI'] = 'true'
  t.equal(icecast2Missing(), false)
  t.end()
})
