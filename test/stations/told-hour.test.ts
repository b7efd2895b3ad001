import { test } from 'tap'
import { ToldHour, type Habit } from './told-hour.ts'

/** How many runs; a longer search is `TOLD_HOURS=1000`. */
const RUNS = Number(process.env['TOLD_HOURS'] ?? 12)

test('in an hour with a playout system that tells early, late, twice, wrongly and never, each play has its own details or none', async (t) => {
  const total = new Map<Habit, number>()
  for (let seed = 1; seed <= RUNS; seed++) {
    const hour = new ToldHour(seed).run()
    t.strictSame(hour.faults, [], `seed ${seed}`)
    for (const [habit, count] of hour.withDetails) total.set(habit, (total.get(habit) ?? 0) + count)
  }
  t.comment(JSON.stringify(Object.fromEntries(total)))
  for (const habit of ['early', 'at once', 'late', 'twice', 'corrected'] as const) t.ok(Number(total.get(habit)) > RUNS, `plays told ${habit} have details`)
  for (const habit of ['wrongly', 'never'] as const) t.notOk(total.has(habit), `plays told ${habit} have none`)
})
