import { FST_ICECAST_STORE_TIMEOUT } from '../errors.ts'

/** The store's answer, unless it takes longer than `ms`: it may never come. `what` it should do. */
export async function withTimeout<T> (ms: number, what: string, act: () => T): Promise<Awaited<T>> {
  let limit: NodeJS.Timeout | undefined
  const late = new Promise<never>((resolve, reject) => {
    limit = setTimeout(() => reject(new FST_ICECAST_STORE_TIMEOUT(what, ms)), ms)
  })
  try {
    return await Promise.race([act(), late])
  } finally {
    clearTimeout(limit)
  }
}
