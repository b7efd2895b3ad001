import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'tap'
import { openBackend } from '../../examples/demo/backend.ts'
import { fakeIcecast } from '../../lib/testing/index.ts'
import { project } from '../examples/project.ts'
import { run } from '../examples/terminal.ts'
import { chromiumMissing, open } from './chromium.ts'
import { stage } from './stage.ts'

const skip = chromiumMissing()

test('plain.html shows each title as `npm start` serves it', { skip }, async (t) => {
  t.capture(console, 'log')
  const icecast = await fakeIcecast()
  t.teardown(() => icecast.close())
  icecast.source('/main.mp3')
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  const backend = await openBackend({ ICECAST_URL: icecast.url, PORT: '0' })
  t.teardown(() => backend.close())
  const { sees, shown, errors } = await open(t, `${backend.address}/plain.html`)
  await sees('Hyperballad')
  icecast.title('/main.mp3', 'Portishead - Roads')
  await sees('Roads')
  t.match((await shown()).at(-1), { artist: 'Portishead', history: ['Björk - Hyperballad'] })
  t.same(errors, [])
})

test('the React page shows each title, started by its command', { skip }, async (t) => {
  const { address, play } = await stage(t, 'Björk - Hyperballad')
  const { scripts } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  const [, command = ''] = /&& esbuild (.+)$/.exec(scripts['example:react']) ?? []
  const program = fileURLToPath(new URL('../../node_modules/.bin/esbuild', import.meta.url))
  // Another port, because the default one may be in use.
  const { terminal } = run(t, command.replace(/:\d+$/, ':0').split(' '), { program, cwd: project() })
  const { page, errors } = await open(t, `${await terminal.prints(/http:\S+/)}?src=${address}/now-playing`)
  await page.getByText('Björk - Hyperballad').waitFor()
  await play('Portishead - Roads')
  await page.getByRole('paragraph').getByText('Portishead - Roads').waitFor()
  await page.getByRole('listitem').getByText('Björk - Hyperballad').waitFor()
  t.same(errors, [])
})

test('sessions.mjs shows the title after the login', { skip }, async (t) => {
  const { icecast } = await stage(t, 'Björk - Hyperballad')
  const { terminal } = run(t, ['examples/sessions.mjs'], { cwd: project(), env: { ICECAST_URL: icecast.url, PORT: '0' } })
  const { page, sees } = await open(t, (await terminal.prints(/Members only: (http:\S+)/)).replace('[::1]', 'localhost'))
  await page.getByRole('button', { name: 'Log in' }).click()
  await sees('Hyperballad')
  t.pass('it is there')
})
