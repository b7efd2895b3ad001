import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Collects all garbage, in a task of its own so that nothing on the stack is kept alive. */
export async function collectGarbage (): Promise<void> {
  await new Promise((resolve) => { setImmediate(resolve) })
  collect()
}

/** Collects garbage until all objects are collected, or 100 times. */
export async function awaitCollection (references: ReadonlyArray<WeakRef<object>>): Promise<void> {
  for (let i = 0; i < 100 && references.some((one) => one.deref() !== undefined); i++) await collectGarbage()
}
