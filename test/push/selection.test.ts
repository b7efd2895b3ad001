import { test } from 'tap'
import { HistoryLengths } from '../../lib/push/history-lengths.ts'

test('subscribers receive the length of history that they ask for, or a longer one once sixteen others are in use', async (t) => {
  const lengths = new HistoryLengths()
  for (let length = 0; length < 15; length++) {
    t.equal(lengths.allowed(length), length)
    lengths.add(length)
  }
  lengths.add(14)
  lengths.add(50)
  t.equal(lengths.allowed(14), 14)
  t.equal(lengths.allowed(20), 50, 'the next longer one')
  t.equal(lengths.allowed(60), Infinity, 'or all')
  lengths.delete(14)
  t.equal(lengths.allowed(20), 50, 'one group still has it')
  lengths.delete(14)
  t.equal(lengths.allowed(20), 20)
  lengths.delete(99)
  t.equal(lengths.allowed(99), 99)
})
