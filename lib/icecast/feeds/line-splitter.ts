const LF = 0x0a
const CR = 0x0d

/**
 * Splits chunks into lines (ended by LF or CRLF) and passes each to `onLine` without its ending. Bytes that are not UTF-8
 * become U+FFFD. Of a line longer than `maxBytes`, the first `maxBytes` are passed at once, and the rest is skipped.
 */
export function lineSplitter (maxBytes: number, onLine: (line: string) => void): (chunk: Buffer) => void {
  const buffer = Buffer.allocUnsafe(maxBytes)
  let length = 0
  let isSkipping = false

  const emitLine = () => {
    const end = length > 0 && buffer[length - 1] === CR ? length - 1 : length
    onLine(buffer.toString('utf8', 0, end))
    length = 0
  }

  return (chunk) => {
    for (let from = 0; from < chunk.length;) {
      const newline = chunk.indexOf(LF, from)
      const end = newline === -1 ? chunk.length : newline
      if (!isSkipping) {
        const copied = chunk.copy(buffer, length, from, end)
        length += copied
        if (copied < end - from) {
          emitLine()
          isSkipping = true
        }
      }
      if (newline !== -1) {
        if (!isSkipping) emitLine()
        isSkipping = false
      }
      from = end + 1
    }
  }
}
