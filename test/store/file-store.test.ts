import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { test, type Test } from 'tap'
import { fileStore, type HistoryStore } from '../../lib/store/file-store.ts'
import { readSavedStations } from '../../lib/store/read-saved-stations.ts'
import { historyStoreTests } from '../../lib/testing/index.ts'
import { memory } from './memory-store.ts'

/** A file in a folder of the test's own. */
function fileOf (t: Test, content?: string): { folder: string, path: string } {
  const folder = t.testdir(content === undefined ? {} : { 'history.json': content })
  return { folder, path: join(folder, 'history.json') }
}

async function kept (store: HistoryStore): Promise<Array<[string, unknown]>> {
  return Array.from(await store.load(), ([station, memory]) => [station, memory])
}

const ONE = { 'fastify-icecast': 1, stations: { main: memory('A') } }

test('the file store requires a path', async (t) => {
  for (const [path, shown] of [[undefined, 'missing'], ['', '""'], [7, '7']]) {
    t.throws(() => Reflect.apply(fileStore, undefined, [path]), { code: 'FST_ICECAST_INVALID_OPTION', message: `option \`fileStore\` is ${shown}; it should be the path of a file` })
  }
})

test('the file store passes the contract tests of history stores', async (t) => {
  const { path } = fileOf(t)
  for (const { name, run } of historyStoreTests(() => fileStore(path))) await t.test(name, run)
})

test('the file is JSON for people too, nobody else may read it, and nothing is left beside it', async (t) => {
  const { folder, path } = fileOf(t)
  const store = fileStore(pathToFileURL(path))
  t.strictSame(await kept(store), [], 'there is none at first')
  await store.save('main', memory('A'))
  t.strictSame(JSON.parse(await readFile(path, 'utf8')), ONE)
  t.equal((await stat(path)).mode & 0o777, 0o600)
  t.strictSame(await readdir(folder), ['history.json'])
})

test('a save before the first load keeps what the file has', async (t) => {
  const { path } = fileOf(t, JSON.stringify(ONE))
  const store = fileStore(path)
  await store.save('other', memory('B'))
  t.strictSame(await kept(fileStore(path)), [['main', memory('A')], ['other', memory('B')]])
})

test('simultaneous saves are written in order and share writes', async (t) => {
  const { path } = fileOf(t)
  const store = fileStore(path)
  const files = new Set<string>()
  const saves = Array.from({ length: 200 }, async (_, index) => {
    await store.save('main', memory(`Title ${index}`))
    const content = await readFile(path, 'utf8')
    files.add(content)
    return JSON.parse(content).stations.main.track.title
  })
  const titles = await Promise.all(saves)
  t.ok(titles.every((title, index) => Number(title.slice(6)) >= index), 'a save has ended when it, or a later one, is in the file')
  t.equal(titles.at(-1), 'Title 199')
  t.ok(files.size < 10, `${files.size} writes`)
})

test('`close` waits for the write in progress', async (t) => {
  const { path } = fileOf(t)
  const store = fileStore(path)
  await store.load()
  const saving = store.save('main', memory('A'))
  await store.close?.()
  t.strictSame(JSON.parse(await readFile(path, 'utf8')), ONE)
  await saving
})

const NESTED = `{"fastify-icecast":1,"stations":{"main":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`

function canParse (text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('a file that is not a history is renamed and its content kept', async (t) => {
  const contents = {
    empty: '',
    'cut off': JSON.stringify(ONE).slice(0, 100),
    'not JSON': 'title=A',
    'a list': '[]',
    'a number': '1',
    null: 'null',
    'of another program': '{"name":"my-app","stations":{}}',
    'without stations': '{"fastify-icecast":1}',
    'with a list of stations': '{"fastify-icecast":1,"stations":[]}',
    'with no stations': '{"fastify-icecast":1,"stations":null}',
    'not UTF-8': '\u0000\u0001',
    // Newer versions of Node can parse it: see the next test.
    ...!canParse(NESTED) && { 'nested too deeply': NESTED }
  }
  for (const [what, content] of Object.entries(contents)) {
    const { folder, path } = fileOf(t, content)
    const store = fileStore(path)
    await t.rejects(store.load(), { code: 'FST_ICECAST_FILE_STORE', message: /history\.json` cannot store the history: its content was not a history; it was renamed to `.*\.corrupt`$/ }, what)
    t.strictSame(await kept(store), [], 'said once')
    await store.save('main', memory('A'))
    const [file, aside = '', ...others] = (await readdir(folder)).sort()
    t.match([file, aside, others], ['history.json', /^history\.json\..*\.corrupt$/, []])
    t.equal(await readFile(join(folder, aside), 'utf8'), content)
    t.strictSame(await kept(fileStore(path)), [['main', memory('A')]])
    await rm(folder, { recursive: true })
  }
})

test('a history that is nested too deeply is not used', async (t) => {
  const { path } = fileOf(t, NESTED)
  const store = fileStore(path)
  // Node 24 and older cannot parse it, and later ones can.
  const loaded = await store.load().catch(() => [])
  t.equal(readSavedStations(loaded, null).size, 0)
  await store.save('main', memory('A'))
  t.strictSame(await kept(fileStore(path)), [['main', memory('A')]])
})

test('a save before the first load renames such a file too', async (t) => {
  const { folder, path } = fileOf(t, '?')
  await fileStore(path).save('main', memory('A'))
  t.match((await readdir(folder)).sort(), ['history.json', /\.corrupt$/])
  t.strictSame(await kept(fileStore(path)), [['main', memory('A')]])
})

test('an invalid station in the file does not affect the others', async (t) => {
  const stations = { main: memory('A'), wrong: 'x', other: null }
  const { path } = fileOf(t, JSON.stringify({ ...ONE, stations }))
  t.strictSame(Object.fromEntries(await kept(fileStore(path))), stations, 'what is in them is for others to check')
})

test('a missing folder is refused at once, with both names', async (t) => {
  const { folder } = fileOf(t, 'a file')
  for (const within of [join(folder, 'none'), join(folder, 'history.json')]) {
    const path = join(within, 'history.json')
    t.throws(() => fileStore(path), {
      code: 'FST_ICECAST_FILE_STORE',
      message: `The file \`${path}\` cannot store the history: \`${within}\` is not a writable folder`
    })
  }
})

test('a file that cannot be read or written is named in the error, and is used again later', async (t) => {
  const { folder, path } = fileOf(t)
  const store = fileStore(path)
  await mkdir(path)
  await t.rejects(store.load(), { code: 'FST_ICECAST_FILE_STORE', message: /history\.json` cannot store the history: it cannot be read \(it is a folder/ })
  await t.rejects(store.save('main', memory('A')), { code: 'FST_ICECAST_FILE_STORE' })
  await rm(path, { recursive: true })
  await store.save('main', memory('A'))

  await rm(folder, { recursive: true })
  await t.rejects(store.save('other', memory('B')), { code: 'FST_ICECAST_FILE_STORE', message: /history\.json` cannot store the history: it cannot be written \(ENOENT/ })
  await store.close?.()
  await mkdir(folder)
  await store.save('third', memory('C'))
  t.strictSame((await kept(fileStore(path))).map(([station]) => station), ['main', 'other', 'third'], 'what could not be written then is there now')

  await rm(path)
  await mkdir(join(path, 'full'), { recursive: true })
  await t.rejects(store.save('main', memory('D')), { message: /it cannot be written/ })
  t.strictSame(await readdir(folder), ['history.json'], 'nothing is left beside it')
})

test('a broken file that cannot be renamed is left as it is', async (t) => {
  const { folder } = fileOf(t)
  const long = join(folder, 'x'.repeat(240))
  await writeFile(long, '?')
  await t.rejects(fileStore(long).load(), { code: 'FST_ICECAST_FILE_STORE', message: /it is not a history file, and cannot be renamed \(ENAMETOOLONG/ })
  t.equal(await readFile(long, 'utf8'), '?')
})

test('a device is neither read nor replaced', async (t) => {
  const { folder, path } = fileOf(t)
  await symlink('/dev/zero', path)
  await t.rejects(fileStore(path).save('main', memory('A')), { message: /it cannot be read \(it is a folder or a device\)/ })
  t.strictSame(await readdir(folder), ['history.json'])
})

test('the file is bounded: the stations saved last are kept', async (t) => {
  const { path } = fileOf(t)
  const store = fileStore(path)
  await Promise.all(Array.from({ length: 1002 }, (_, index) => store.save(`${index}`, memory())))
  await store.save('2', memory('again'))
  await store.save('new', memory())
  const ids = (await kept(fileStore(path))).map(([station]) => station)
  t.equal(ids.length, 1000)
  t.strictSame(['0', '1', '2', '3', '4', 'new'].filter((id) => ids.includes(id)), ['2', '4', 'new'])

  const large = memory('large', { about: 'x'.repeat(3 * 1024 * 1024) })
  for (const id of ['a', 'b', 'c']) await store.save(id, large)
  const { size } = await stat(path)
  t.ok(size < 20 * 1024 * 1024, `${size} bytes`)
  t.strictSame((await kept(fileStore(path))).map(([station]) => station), ['b', 'c'])

  await writeFile(path, Buffer.alloc(64 * 1024 * 1024 + 1, ' '))
  await t.rejects(fileStore(path).load(), { message: /not a history/ }, 'a larger file is not read')
})

test('a file that another process writes too keeps the newer entry of each station, and the save says so', async (t) => {
  const { path } = fileOf(t)
  const [first, second] = [fileStore(path), fileStore(path)]
  const at = (title: string, minute: number) => ({ ...memory(title), seenAt: `2026-11-22T05:0${minute}:00.000Z` })
  await first.save('main', at('A', 1))
  await first.save('other', at('X', 1))
  await second.load()
  await first.save('main', at('B', 3))
  await t.rejects(second.save('main', at('A', 2)), { code: 'FST_ICECAST_FILE_STORE', message: /another process writes it too; give each process a file of its own/ })
  t.strictSame(Object.fromEntries(await kept(fileStore(path))), { other: at('X', 1), main: at('B', 3) })
  await t.rejects(first.save('third', at('C', 4)), { message: /another process/ }, 'the first process learns it with its next save')
  t.strictSame((await kept(fileStore(path))).map(([station]) => station).sort(), ['main', 'other', 'third'])
  await writeFile(path, JSON.stringify({ ...ONE, stations: { other: 'no object' } }))
  await t.rejects(first.save('main', at('D', 5)), { message: /another process/ })
  t.strictSame(Object.fromEntries(await kept(fileStore(path))), { other: at('X', 1), main: at('D', 5), third: at('C', 4) })
  await writeFile(path, '{')
  await t.rejects(first.save('main', at('E', 6)), { message: /another process/ })
  t.strictSame((await kept(fileStore(path))).find(([station]) => station === 'main'), ['main', at('E', 6)], 'a broken file is renamed')
})

test('a process that is killed during a write leaves a whole file, and its temporary file is removed', async (t) => {
  const { folder, path } = fileOf(t)
  const script = fileURLToPath(new URL('../helpers/saving.ts', import.meta.url))
  for (let run = 0; run < 3; run++) {
    const child = spawn(process.execPath, [...process.execArgv, script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let saved = 0
    for await (const line of createInterface(child.stdout)) {
      saved = Number(line)
      if (saved === 20 + run) child.kill('SIGKILL')
    }
    if (child.signalCode === null) await once(child, 'exit')
    await writeFile(`${path}.0.tmp`, 'the beginning of a')
    const [main] = await kept(fileStore(path))
    t.match(main, ['main', { track: { text: /^\d+$/, about: /^x{100000}$/ } }])
    t.strictSame(await readdir(folder), ['history.json'])
  }
})
