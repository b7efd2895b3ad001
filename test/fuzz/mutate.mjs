/**
 * A function that takes one of several buffers and spoils it a little; `tokens` (Latin-1) are what it puts in. The same
 * seed gives the same again.
 */
export function mutator (seed, tokens) {
  const parts = tokens.map((token) => Buffer.from(token, 'latin1'))
  let state = seed

  // Mulberry32.
  function random (below) {
    state = (state + 0x6D2B79F5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 2 ** 32 * below)
  }

  const pick = (list) => list[random(list.length)]
  const slice = (body) => {
    const at = random(body.length + 1)
    return body.subarray(at, at + random(200))
  }

  return (recordings) => {
    let body = pick(recordings)
    for (let edits = 1 + random(3); edits > 0; edits--) {
      const at = random(body.length + 1)
      const end = Math.min(body.length, at + random(random(8) === 0 ? body.length + 1 : 16))
      const part = [
        () => Buffer.of(random(256)), // another byte
        () => Buffer.alloc(0), // a part left out
        () => Buffer.concat([body.subarray(at, end), body.subarray(at, end)]), // a part twice
        () => Buffer.concat([pick(parts), body.subarray(at, end)]), // a token put in
        () => pick(parts),
        () => slice(pick(recordings)) // a part of another recording
      ][random(6)]()
      body = Buffer.concat([body.subarray(0, at), part, body.subarray(end)])
    }
    return body
  }
}

export function usedHeap () {
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

export function megabytes (bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
