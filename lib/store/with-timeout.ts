import { FST_ICECAST_STORE_TIMEOUT } from '../errors.ts'

/** The result of `act`; rejects with FST_ICECAST_STORE_TIMEOUT after `ms`. `action` names what the store was asked to do. */
export async function withTimeout<T> (ms: number, action: string, act: () => T): Promise<Awaited<T>> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((resolve, reject) => {
    timer = setTimeout(() => reject(new FST_ICECAST_STORE_TIMEOUT(action, ms)), ms)
  })
  try {
    return await Promise.race([act(), timeout])
  } finally {
    clearTimeout(timer)
  }
}
