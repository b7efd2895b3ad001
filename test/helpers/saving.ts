import { fileStore } from '../../lib/store/file-store.ts'
import { memory } from '../store/memory-store.ts'

// A process that saves without end, and says how often it has.

const [, , path = ''] = process.argv
const store = fileStore(path)
for (let count = 1; ; count++) {
  await store.save('main', memory(`${count}`, { about: 'x'.repeat(100_000) }))
  process.stdout.write(`${count}\n`)
}
