import { test } from 'tap'
import { PING_FRAME, textFrame } from '../../lib/push/websocket-frame.ts'

test('a message is a single frame with the shortest form of its length', async (t) => {
  for (const [length, head] of [
    [0, [0x81, 0]],
    [125, [0x81, 125]],
    [126, [0x81, 126, 0, 126]],
    [65_535, [0x81, 126, 255, 255]],
    [65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]]
  ] as const) {
    const payload = Buffer.alloc(length, 'ü')
    t.ok(textFrame(payload).equals(Buffer.concat([Buffer.from(head), payload])), `${length} bytes`)
  }
  t.same([...PING_FRAME], [0x89, 0])
})
