import { test } from 'tap'
import { memoryBackplane } from '../../lib/backplane/memory-backplane.ts'
import { backplaneTests } from '../../lib/testing/index.ts'

for (const { name, run } of backplaneTests((name) => memoryBackplane({ name }).open())) test(`the backplane in memory: ${name}`, run)
