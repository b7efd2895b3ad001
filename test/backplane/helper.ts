import type { Test } from 'tap'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { fakeIcecast, type FakeIcecast } from '../../lib/testing/fake-icecast.ts'
import { scenario, until, type Scenario, type ScenarioOptions } from '../helpers/station.ts'

/** How a backplane fails. */
export interface Faults {
  /** Every method except `close` rejects. */
  isDown: boolean
  /** Every method except `close` hangs. */
  hangs: boolean
  /** `read` rejects. */
  failsToRead: boolean
  /** Hints do not arrive. */
  losesHints: boolean
  /** How often each method was called. */
  calls: Record<string, number>
}

/** A backplane whose faults can be switched on. */
export function faulty (backplane: Backplane): Backplane & { faults: Faults } {
  const faults: Faults = { isDown: false, hangs: false, failsToRead: false, losesHints: false, calls: {} }
  const pass = async <T>(name: string, act: () => Promise<T>): Promise<T> => {
    faults.calls[name] = (faults.calls[name] ?? 0) + 1
    if (faults.hangs) return await new Promise(() => {})
    if (faults.isDown || (faults.failsToRead && name === 'read')) throw new Error('the store is down')
    return await act()
  }
  return {
    faults,
    lead: (ms) => pass('lead', () => backplane.lead(ms)),
    leave: () => pass('leave', () => backplane.leave()),
    write: (...args) => pass('write', () => backplane.write(...args)),
    read: (ids) => pass('read', () => backplane.read(ids)),
    listen: (listener) => pass('listen', () => backplane.listen({
      ...listener,
      onHint: (text) => { if (!faults.losesHints && !faults.isDown && !faults.hangs) listener.onHint(text) }
    })),
    tell: (text) => pass('tell', () => backplane.tell(text)),
    close: () => backplane.close()
  }
}

export interface OneInstance extends Scenario {
  faults: Faults
}

/** Instances that share a memory backplane and a fake Icecast with one mount. */
export class Cluster {
  readonly shared = memoryBackplane()
  readonly icecast: FakeIcecast
  readonly #t: Test

  constructor (t: Test, icecast: FakeIcecast) {
    this.#t = t
    this.icecast = icecast
  }

  static async open (t: Test): Promise<Cluster> {
    const icecast = await fakeIcecast()
    icecast.source('/main.mp3')
    return new Cluster(t, icecast)
  }

  async add (options: ScenarioOptions = {}, faults: Partial<Faults> = {}): Promise<OneInstance> {
    const backplane = faulty(this.shared.open())
    Object.assign(backplane.faults, faults)
    const instance = await scenario(this.#t, { icecast: this.icecast, backplane, ...options })
    return { ...instance, faults: backplane.faults }
  }

  async addSeveral (count: number, options: ScenarioOptions = {}): Promise<OneInstance[]> {
    const instances: OneInstance[] = []
    for (let i = 0; i < count; i++) instances.push(await this.add(options))
    return instances
  }
}

export function leaderOf (instances: readonly OneInstance[]): OneInstance {
  const leaders = instances.filter(({ app }) => app.nowPlaying.leads)
  const [leader] = leaders
  if (leader === undefined || leaders.length !== 1) throw new Error(`there are ${leaders.length} leaders`)
  return leader
}

/** Waits until all instances show this text. */
export async function allShow (instances: readonly OneInstance[], text: string, station = 'main.mp3'): Promise<void> {
  await Promise.all(instances.map(({ app }) => until(app, (stations) => stations.some(({ id, track }) => id === station && track?.text === text))))
}

/** The ids of all plays that an instance has announced, in order. */
export function announcedBy ({ app }: OneInstance): string[] {
  const texts: string[] = []
  app.nowPlaying.on('track', ({ text }) => { texts.push(text) })
  return texts
}
