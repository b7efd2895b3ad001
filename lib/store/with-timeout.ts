import { FST_ICECAST_STORE_TIMEOUT } from '../errors.ts'

/** The result of `act`; rejects with a `TimeoutError` after `ms`. `action` names what the store was asked to do. */
export async function withTimeout<T> (ms: number, action: string, act: () => T, TimeoutError: new (action: string, ms: number) => Error = FST_ICECAST_STORE_TIMEOUT): Promise<Awaited<T>> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError(action, ms)), ms)
  })
  try {
    return await Promise.race([act(), timeout])
  } finally {
    clearTimeout(timer)
  }
}
