const LF = 0x0a

/**
 * Gives each line (ended by LF or CRLF) without its end, whatever the chunks; bytes that are no UTF-8 become U+FFFD.
 * Holds at most `limit` bytes: of a longer line only these are given, at once, and the rest is passed over.
 */
export function lineSplitter (limit: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  const held = Buffer.allocUnsafe(limit)
  let length = 0
  let passingOver = false

  const give = () => {
    const end = length > 0 && held[length - 1] === 0x0d ? length - 1 : length
    onLine(held.toString('utf8', 0, end))
    length = 0
  }

  return (chunk) => {
    for (let from = 0; from < chunk.length;) {
      const newline = chunk.indexOf(LF, from)
      const end = newline === -1 ? chunk.length : newline
      if (!passingOver) {
        const copied = chunk.copy(held, length, from, end)
        length += copied
        if (copied < end - from) {
          give()
          passingOver = true
        }
      }
      if (newline !== -1) {
        if (!passingOver) give()
        passingOver = false
      }
      from = end + 1
    }
  }
}
