import { randomUUID } from 'node:crypto'
import { accessSync, constants, type Stats } from 'node:fs'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FST_ICECAST_FILE_STORE, invalidOption } from '../errors.ts'
import type { HistoryStore, StationMemory } from './store.ts'

export type { HistoryStore, StationMemory }

/** The stations that were saved longest ago are dropped beyond these limits. */
const MAX_STATIONS = 1000
const MAX_CHARACTERS = 16 * 1024 * 1024
/** A larger file was not written by this store. */
const MAX_FILE_BYTES = 4 * MAX_CHARACTERS
/** The key that every file of this store begins with. */
const FORMAT_KEY = 'fastify-icecast'

/**
 * Keeps tracks across restarts in one JSON file, for one process. The file is replaced as a whole, so that a crash or a
 * full disk leaves the previous one; a file that cannot be read is renamed to `….corrupt`. Only the user that runs the
 * process can read it. When another process has written the file too, the newer entry of each station is kept and
 * `save` rejects with FST_ICECAST_FILE_STORE.
 * @throws FST_ICECAST_INVALID_OPTION without a path, FST_ICECAST_FILE_STORE when its folder does not exist or is not writable
 */
export function fileStore (path: string | URL): HistoryStore {
  if (!(path instanceof URL) && (typeof path !== 'string' || path === '')) throw invalidOption('fileStore', path, 'the path of a file, such as `now-playing.json`')
  return new FileStore(resolve(path instanceof URL ? fileURLToPath(path) : path))
}

class FileStore implements HistoryStore {
  readonly #path: string
  /** The JSON of each station; the station that was saved last comes last. */
  readonly #texts = new Map<string, string>()
  #characters = 0
  #opening: Promise<void> | null = null
  /** Why the file could not be used; `load` throws it once. */
  #loadError: Error | null = null
  #writing: Promise<void> = Promise.resolve()
  #nextWrite: Promise<void> | null = null
  /** Identifies the file as this process last read or wrote it; null when there was none. */
  #knownFile: string | null = null

  constructor (path: string) {
    this.#path = path
    const folder = dirname(path)
    try {
      accessSync(folder + sep, constants.W_OK)
    } catch (error) {
      throw this.#error(error, `\`${folder}\` is not a writable folder`)
    }
  }

  async load (): Promise<Array<[station: string, memory: unknown]>> {
    await this.#open()
    const error = this.#loadError
    this.#loadError = null
    if (error !== null) throw error
    return Array.from(this.#texts, ([station, text]) => [station, JSON.parse(text)])
  }

  async save (station: string, memory: StationMemory): Promise<void> {
    await this.#open()
    this.#put(station, JSON.stringify(memory))
    await this.#write()
  }

  async close (): Promise<void> {
    // A save that was requested just before may still be waiting for the file to be read.
    if (this.#opening !== null) await Promise.allSettled([this.#open()])
    await this.#writing
  }

  /** Reads the file once, so that a save that comes before `load` does not overwrite its content. */
  async #open (): Promise<void> {
    this.#opening ??= this.#readAll()
    try {
      await this.#opening
    } catch (error) {
      this.#opening = null
      throw error
    }
  }

  async #readAll (): Promise<void> {
    await Promise.allSettled([removeTemporaryFiles(this.#path)])
    const stations = await this.#readFile()
    if (stations === null) return await this.#setAside()
    for (const [station, text] of stations) this.#put(station, text)
  }

  /** The JSON of each station in the file; null when the file was not written by this store, or is broken. */
  async #readFile (): Promise<ReadonlyMap<string, string> | null> {
    try {
      const found = await stat(this.#path)
      if (!found.isFile()) throw new Error('it is a folder or a device')
      this.#knownFile = identityOf(found)
      return found.size > MAX_FILE_BYTES ? null : parse(await readFile(this.#path, 'utf8'))
    } catch (error) {
      if (!isNotFound(error)) throw this.#error(error, 'it cannot be read')
      this.#knownFile = null
      return new Map()
    }
  }

  async #setAside (): Promise<void> {
    const aside = `${this.#path}.${new Date().toISOString().replaceAll(':', '-')}.corrupt`
    try {
      await rename(this.#path, aside)
    } catch (error) {
      throw this.#error(error, 'it is not a history file, and cannot be renamed')
    }
    this.#knownFile = null
    this.#loadError = new FST_ICECAST_FILE_STORE(this.#path, `its content was not a history; it was renamed to \`${aside}\``)
  }

  #put (station: string, text: string): void {
    this.#remove(station)
    this.#texts.set(station, text)
    this.#characters += text.length
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= MAX_STATIONS && this.#characters <= MAX_CHARACTERS) break
      this.#remove(oldest)
    }
  }

  #remove (station: string): void {
    this.#characters -= this.#texts.get(station)?.length ?? 0
    this.#texts.delete(station)
  }

  /** One write at a time; saves that come during a write share the next one. */
  #write (): Promise<void> {
    this.#nextWrite ??= this.#writing.then(async () => {
      this.#nextWrite = null
      const isShared = await this.#mergeForeignWrite()
      await this.#replace()
      if (isShared) throw new FST_ICECAST_FILE_STORE(this.#path, 'another process writes it too; give each process a file of its own. The newer entry of each station was kept')
    })
    const next = this.#nextWrite
    this.#writing = next.catch(() => {})
    return next
  }

  /** Returns true when another process has written the file since; its entries that are newer are taken over. */
  async #mergeForeignWrite (): Promise<boolean> {
    const found = await stat(this.#path).catch(() => null)
    if (found === null || !found.isFile() || identityOf(found) === this.#knownFile) return false
    const stations = await this.#readFile()
    if (stations === null) await this.#setAside()
    for (const [station, text] of stations ?? []) {
      const own = this.#texts.get(station)
      if (own === undefined || seenAt(text) > seenAt(own)) this.#put(station, text)
    }
    return true
  }

  /** The new file replaces the old one only after all of it is on the disk. */
  async #replace (): Promise<void> {
    const stations = Array.from(this.#texts, ([station, text]) => `${JSON.stringify(station)}:${text}`).join(',\n')
    const temporary = `${this.#path}.${randomUUID()}.tmp`
    try {
      await writeThrough(temporary, `{"${FORMAT_KEY}":1,"stations":{\n${stations}\n}}\n`)
      const written = await stat(temporary)
      await rename(temporary, this.#path)
      this.#knownFile = identityOf(written)
    } catch (error) {
      await rm(temporary, { force: true })
      throw this.#error(error, 'it cannot be written')
    }
    await Promise.allSettled([flushFolder(dirname(this.#path))])
  }

  #error (error: unknown, reason: string): Error {
    return new FST_ICECAST_FILE_STORE(this.#path, `${reason} (${String(error).replace(/^Error: /, '')})`)
  }
}

/** Null when the text is not a file of this store, is broken, or is nested too deeply to be written again. */
function parse (text: string): ReadonlyMap<string, string> | null {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null || !(FORMAT_KEY in content) || !('stations' in content)) return null
    const { stations } = content
    if (typeof stations !== 'object' || stations === null || Array.isArray(stations)) return null
    return new Map(Object.entries(stations).map(([station, memory]) => [station, JSON.stringify(memory)]))
  } catch {
    return null
  }
}

/** When a station's entry was last known to be right, ISO 8601; '' when the entry does not say. */
function seenAt (text: string): string {
  const memory: unknown = JSON.parse(text)
  return typeof memory === 'object' && memory !== null && 'seenAt' in memory ? String(memory.seenAt) : ''
}

/** A file that replaces another by a rename has another inode; size and time notice a file that was edited in place. */
function identityOf ({ ino, size, mtimeMs }: Stats): string {
  return `${ino} ${size} ${mtimeMs}`
}

function isNotFound (error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** Removes what a process that was killed during a write has left. */
async function removeTemporaryFiles (path: string): Promise<void> {
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

/** Makes the rename outlive a power failure too; not every system can flush a folder. */
async function flushFolder (path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
