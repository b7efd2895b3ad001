import { test } from 'tap'
import { Simulation, type Fault } from './simulation.ts'

/** How many runs; a longer search is `SIMULATOR_RUNS=10000`. */
const RUNS = Number(process.env['SIMULATOR_RUNS'] ?? 300)

test('two or three servers that fail, lag and answer late never publish an older title, a play that did not happen, or a false `offline`', async (t) => {
  const seeds = new Map<Fault, number[]>()
  let published = 0
  let missing = 0
  let example: string[] = []
  for (let seed = 1; seed <= RUNS; seed++) {
    const simulation = new Simulation(seed).run()
    published += simulation.counts.published
    missing += simulation.counts.missing
    for (const fault of simulation.faults) seeds.set(fault, [...seeds.get(fault) ?? [], seed])
    if (simulation.faults.size > 0 && example.length === 0) example = simulation.log
  }
  for (const [fault, found] of seeds) t.comment(`${fault}: ${found.length} of ${RUNS} runs, with the seeds ${found.slice(0, 10).join(', ')}`)
  t.comment(`${published} plays published, ${missing} songs not`)
  if (example.length > 0) t.comment(example.join('\n'))
  t.equal(seeds.size, 0)
  t.ok(published > missing, 'titles do appear')
})
