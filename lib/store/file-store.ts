import { randomUUID } from 'node:crypto'
import { accessSync, constants } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FST_ICECAST_FILE_STORE, invalidOption } from '../errors.ts'
import type { HistoryStore, StationMemory } from './store.ts'

export type { HistoryStore, StationMemory }

/** As many as are remembered; the one that was longest not saved goes. */
const MOST_STATIONS = 1000
/** Characters, of all stations. */
const MOST_TEXT = 16 * 1024 * 1024
/** Bytes. A larger file is none of ours. */
const MOST_BYTES = 4 * MOST_TEXT
/** What a file of ours begins with. */
const MARK = 'fastify-icecast'

/**
 * Keeps tracks over a restart in one file of JSON, for one process: two that share it write over each other. The file is
 * replaced as a whole, so that a crash or a full disk leaves the one before; one that can't be read is put aside, as
 * `….corrupt`. Only the process's own user can read it.
 * @throws FST_ICECAST_INVALID_OPTION when it is given no path, FST_ICECAST_FILE_STORE when its folder isn't there, or can't be written to
 */
export function fileStore (path: string | URL): HistoryStore {
  if (!(path instanceof URL) && (typeof path !== 'string' || path === '')) throw invalidOption('fileStore', path, 'the path of a file, such as `now-playing.json`')
  return new FileStore(resolve(path instanceof URL ? fileURLToPath(path) : path))
}

class FileStore implements HistoryStore {
  readonly #path: string
  /** Of each station its memory, as JSON; the latest saved last. */
  readonly #texts = new Map<string, string>()
  #length = 0
  #opening: Promise<void> | null = null
  /** Why the file could not be used, until somebody asks for what was in it. */
  #trouble: Error | null = null
  #writing: Promise<void> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor (path: string) {
    this.#path = path
    const folder = dirname(path)
    try {
      accessSync(folder + sep, constants.W_OK)
    } catch (error) {
      throw this.#error(error, `\`${folder}\` should be a folder that can be written to`)
    }
  }

  async load (): Promise<Array<[station: string, memory: unknown]>> {
    await this.#open()
    const trouble = this.#trouble
    this.#trouble = null
    if (trouble !== null) throw trouble
    return Array.from(this.#texts, ([station, text]) => [station, JSON.parse(text)])
  }

  async save (station: string, memory: StationMemory): Promise<void> {
    await this.#open()
    this.#put(station, JSON.stringify(memory))
    await this.#write()
  }

  async close (): Promise<void> {
    // A save that has just been asked for may still wait for that.
    if (this.#opening !== null) await Promise.allSettled([this.#open()])
    await this.#writing
  }

  /** Once; what the file has is not to be lost by a save that comes first. */
  async #open (): Promise<void> {
    this.#opening ??= this.#read()
    try {
      await this.#opening
    } catch (error) {
      this.#opening = null
      throw error
    }
  }

  async #read (): Promise<void> {
    await Promise.allSettled([sweep(this.#path)])
    let stations: Record<string, unknown> | null
    try {
      const found = await stat(this.#path)
      if (!found.isFile()) throw new Error('it is a folder or a device')
      stations = found.size > MOST_BYTES ? null : parse(await readFile(this.#path, 'utf8'))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return
      throw this.#error(error, 'it can not be read')
    }
    if (stations === null) return await this.#putAside()
    for (const [station, memory] of Object.entries(stations)) this.#put(station, JSON.stringify(memory))
  }

  async #putAside (): Promise<void> {
    const aside = `${this.#path}.${new Date().toISOString().replaceAll(':', '-')}.corrupt`
    try {
      await rename(this.#path, aside)
    } catch (error) {
      throw this.#error(error, 'it is no history, and can not be put aside')
    }
    this.#trouble = new FST_ICECAST_FILE_STORE(this.#path, `what was in it is no history; it is \`${aside}\` now`)
  }

  #put (station: string, text: string): void {
    this.#remove(station)
    this.#texts.set(station, text)
    this.#length += text.length
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= MOST_STATIONS && this.#length <= MOST_TEXT) break
      this.#remove(oldest)
    }
  }

  #remove (station: string): void {
    this.#length -= this.#texts.get(station)?.length ?? 0
    this.#texts.delete(station)
  }

  /** One at a time; what is saved while one is under way comes with the next. */
  #write (): Promise<void> {
    this.#next ??= this.#writing.then(async () => {
      this.#next = null
      await this.#replace()
    })
    const next = this.#next
    this.#writing = next.catch(() => {})
    return next
  }

  /** The new file takes the place of the old one when all of it is on the disk. */
  async #replace (): Promise<void> {
    const stations = Array.from(this.#texts, ([station, text]) => `${JSON.stringify(station)}:${text}`).join(',\n')
    const temporary = `${this.#path}.${randomUUID()}.tmp`
    try {
      await writeThrough(temporary, `{"${MARK}":1,"stations":{\n${stations}\n}}\n`)
      await rename(temporary, this.#path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw this.#error(error, 'it can not be written')
    }
    await Promise.allSettled([flushFolder(dirname(this.#path))])
  }

  #error (error: unknown, reason: string): Error {
    return new FST_ICECAST_FILE_STORE(this.#path, `${reason} (${String(error).replace(/^Error: /, '')})`)
  }
}

/** Null: it is no file of ours, or has been broken. */
function parse (text: string): Record<string, unknown> | null {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null || !(MARK in content) || !('stations' in content)) return null
    const { stations } = content
    return typeof stations === 'object' && stations !== null && !Array.isArray(stations) ? { ...stations } : null
  } catch {
    return null
  }
}

/** A process that was killed in the middle of a write has left it behind. */
async function sweep (path: string): Promise<void> {
  const folder = dirname(path)
  const left = (await readdir(folder)).filter((name) => name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp'))
  for (const name of left) await rm(join(folder, name))
}

async function writeThrough (path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** So that the new name outlives a power failure too; not every system lets a folder be flushed. */
async function flushFolder (path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
