import { test } from 'tap'
import type { Backplane } from '../../lib/backplane/backplane.ts'
import { becomes } from '../helpers/becomes.ts'
import { allShow, Cluster } from './helper.ts'

/** Holds up each call of a method while it is closed, and counts those that wait. */
class Gate {
  waiting = 0
  #open: Promise<void> = Promise.resolve()
  #release = (): void => {}

  close (): void {
    this.#open = new Promise((resolve) => { this.#release = resolve })
  }

  open (): void { this.#release() }

  async pass (): Promise<void> {
    this.waiting++
    await this.#open
    this.waiting--
  }
}

/** `leave` opens the gates: the instance has begun to close by then. */
function gated (backplane: Backplane, gates: { lead?: Gate, read?: Gate }): Backplane {
  return {
    lead: async (ms) => {
      await gates.lead?.pass()
      return await backplane.lead(ms)
    },
    leave: async () => {
      gates.lead?.open()
      gates.read?.open()
      await backplane.leave()
    },
    write: (...args) => backplane.write(...args),
    read: async (ids) => {
      await gates.read?.pass()
      return await backplane.read(ids)
    },
    listen: (listener) => backplane.listen(listener),
    tell: (text) => backplane.tell(text),
    close: () => backplane.close()
  }
}

for (const method of ['lead', 'read'] as const) {
  test(`a follower that closes while it waits for \`${method}\` does nothing afterwards`, async (t) => {
    const cluster = await Cluster.open(t)
    const leader = await cluster.add()
    cluster.icecast.title('/main.mp3', 'A - One')
    await allShow([leader], 'A - One')
    const gate = new Gate()
    const one = await cluster.add({ backplane: gated(cluster.shared.open(), { [method]: gate }) })
    await allShow([one], 'A - One')
    gate.close()
    // Nobody may be leading, or hints may be missing: it asks at once.
    await becomes(() => gate.waiting > 0)
    await one.app.close()
    t.equal(one.app.nowPlaying.leads, false)
    t.equal(leader.app.nowPlaying.leads, true)
  })
}

test('an instance that closes while it begins to lead gives the lease up', async (t) => {
  const cluster = await Cluster.open(t)
  const leader = await cluster.add()
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([leader], 'A - One')
  const gate = new Gate()
  const one = await cluster.add({ backplane: gated(cluster.shared.open(), { read: gate }) })
  await allShow([one], 'A - One')
  await becomes(() => one.app.nowPlaying.version === leader.app.nowPlaying.version)
  gate.close()
  await leader.app.close()
  await becomes(() => gate.waiting > 0)
  await one.app.close()
  t.type(await cluster.shared.open().lead(1000), 'number')
})

test('an instance ignores what arrives while it closes', async (t) => {
  const cluster = await Cluster.open(t)
  const shared = cluster.shared.open()
  let receive = (_: string): void => {}
  const backplane: Backplane = {
    ...gated(shared, {}),
    listen: async (listener) => {
      receive = listener.onHint
      await shared.listen(listener)
    },
    leave: async () => {
      receive('leave')
      await shared.leave()
    }
  }
  const one = await cluster.add({ backplane })
  await one.app.close()
  t.equal(one.app.nowPlaying.leads, false)
})

test('several registrations may be given the same memory backplane', async (t) => {
  const cluster = await Cluster.open(t)
  const [one, two] = [await cluster.add({ backplane: cluster.shared }), await cluster.add({ backplane: cluster.shared })]
  cluster.icecast.title('/main.mp3', 'A - One')
  await allShow([one, two], 'A - One')
  t.strictSame([one, two].map(({ app }) => app.nowPlaying.leads), [true, false])
})
