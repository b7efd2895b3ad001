/** Waits until something is so of which no event tells. */
export async function becomes (isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => { setImmediate(resolve) })
}
