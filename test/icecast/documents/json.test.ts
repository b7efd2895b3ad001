import fc from 'fast-check'
import { test } from 'tap'
import { readJson, type Json } from '../../../lib/icecast/documents/json.ts'
import { isBadDocument, mutated, recording } from './recordings.ts'

const read = (text: string): Json => readJson(Buffer.from(text), 'test.json')

/** Whether `readJson` and `JSON.parse` read the same; a number may keep digits that JavaScript has no room for. */
function isSame (actual: Json | undefined, parsed: unknown): boolean {
  if (parsed === null || typeof parsed === 'string') return actual === parsed
  if (typeof parsed === 'number') return typeof actual === 'string' && Object.is(Number(actual), parsed)
  if (typeof parsed === 'boolean') return typeof actual === 'string' && actual.trim() === String(parsed)
  const entries = Object.entries(Object(parsed))
  if (Array.isArray(parsed)) {
    return Array.isArray(actual) && actual.length === parsed.length && parsed.every((item, i) => isSame(actual[i], item))
  }
  return actual instanceof Map && actual.size === entries.length &&
    entries.every(([key, value]) => isSame(actual.get(key), value))
}

test('valid JSON is read as JSON.parse reads it', (t) => {
  const indents = fc.constantFrom('', ' ', '\t', '\r\n ')
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), indents, (value, indent) => {
    const text = JSON.stringify(value, null, indent)
    return isSame(read(text), JSON.parse(text))
  }))
  for (const text of ['{"a":1,"b":2,"a":3}', '"\\u00e9\\ud83c\\udfb5\\/\\b\\f\\n\\r\\t\\"\\\\"', ' [ ] ', '{ }', '"\\ud800"']) {
    t.ok(isSame(read(text), JSON.parse(text)), text)
  }
  t.end()
})

test('a value without quotes keeps each of its letters, digits and spaces', (t) => {
  for (const text of [
    '1.10', '1e5', '1E+5', '1e999', '12345678901234567890', '-', ' - ', '- ', '.5', '-.5', '5.', '-01', '1e', '1e-',
    '1979 ', ' 0.5', '0', '-0', 'true', 'false', '\t7\r\n'
  ]) {
    t.strictSame(read(`{"title":${text},"dummy":null}`), new Map([['title', text], ['dummy', null]]), JSON.stringify(text))
    t.strictSame(read(`[${text}]`), [text])
  }
  t.strictSame(read('[ null ]'), [null])
  t.end()
})

test('a comma before a closing brace is read, and after it the last brace may be missing', (t) => {
  t.strictSame(read('{"a":1,}'), new Map([['a', '1']]))
  t.strictSame(read('{"a":{"b":1, } , }'), new Map([['a', new Map([['b', '1']])]]))
  t.strictSame(read('{"a":{"b":1,}'), new Map([['a', new Map([['b', '1']])]]))
  t.strictSame(read('{"a":{"b":[{"c":2,}]}\n'), new Map([['a', new Map([['b', [new Map([['c', '2']])]]])]]))
  t.end()
})

test('a bitrate with its unit and a number with a space need no quotes', (t) => {
  t.strictSame(read('[128 kbps,128kbps,44 100]'), ['128 kbps', '128kbps', '44 100'])
  t.end()
})

test('control characters in a string are kept as they are', (t) => {
  for (let code = 0; code < 0x20; code++) {
    const text = `a${String.fromCharCode(code)}b`
    t.equal(read(`"${text}"`), text)
  }
  t.end()
})

test('bytes that are not UTF-8 cost neither the document nor its neighbours a letter', (t) => {
  const body = Buffer.concat([
    Buffer.from('{"a":"Björk 🎵","b":"'), Buffer.from('Café \\" \x92', 'latin1'), Buffer.from('","ключ":"Кино"}')
  ])
  t.strictSame(readJson(body, 'test.json'), new Map([['a', 'Björk 🎵'], ['b', 'Café " \x92'], ['ключ', 'Кино']]))

  fc.assert(fc.property(fc.uint8Array(), fc.string({ unit: 'grapheme' }), (bytes, neighbour) => {
    const title = Buffer.from(bytes.filter((byte) => byte !== 0x22 && byte !== 0x5C))
    const body = Buffer.concat([Buffer.from('["'), title, Buffer.from(`",${JSON.stringify(neighbour)}]`)])
    const expected = title.toString().includes('\uFFFD') ? title.toString('latin1') : title.toString()
    const actual = readJson(body, 'test.json')
    return Array.isArray(actual) && actual[0] === expected && actual[1] === neighbour
  }))
  t.end()
})

test('anything else is refused with the position of the fault', (t) => {
  const refused: Record<string, string> = {
    '': 'a value expected at byte 0 of 0',
    ' ': 'a value expected at byte 0 of 1',
    '{"icestats":"server_start":"Sun"}': '"," or "}" expected at byte 26 of 33',
    '{"a":1}x': 'the end expected at byte 7 of 8',
    '{"a":1}{}': 'the end expected at byte 7 of 9',
    '{"a":1,,}': 'a key expected at byte 7 of 9',
    '{,}': 'a key expected at byte 1 of 3',
    '{"a":{"b":1}': '"," or "}" expected at byte 12 of 12',
    '{"a":{"b":1},': 'a key expected at byte 13 of 13',
    '{"a":{"b":1,},': 'a key expected at byte 14 of 14',
    '{"a":{"b":{"c":1,}': '"," or "}" expected at byte 18 of 18',
    '{"a":[{"c":1,}': '"," or "]" expected at byte 14 of 14',
    '{"b":{"c":1,},"a":1': '"," or "}" expected at byte 19 of 19',
    '{"b":{"c":1,},"a":[]': '"," or "}" expected at byte 20 of 20',
    '[{"c":1,},{"a":1}': '"," or "]" expected at byte 17 of 17',
    '[128 kHz]': 'a value expected at byte 1 of 9',
    '[128 kbps 1]': 'a value expected at byte 1 of 12',
    '{a:1}': 'a key expected at byte 1 of 5',
    '{"a" 1}': '":" expected at byte 5 of 7',
    '{"a":}': 'a value expected at byte 5 of 6',
    '{"a":1': '"," or "}" expected at byte 6 of 6',
    '[1,]': 'a value expected at byte 3 of 4',
    '[1}': '"," or "]" expected at byte 2 of 3',
    '["a" "b"]': '"," or "]" expected at byte 5 of 9',
    '["a': 'the end inside a string at byte 3 of 3',
    '["a\\': 'the end inside a string at byte 5 of 4',
    '["\\x"]': 'an unknown escape in the string at byte 2 of 6',
    '["\\u12G4"]': 'an unknown escape in the string at byte 2 of 10',
    '[tru]': 'a value expected at byte 1 of 5',
    '[True]': 'a value expected at byte 1 of 6',
    '[1 2]': 'a value expected at byte 1 of 5',
    '[--1]': 'a value expected at byte 1 of 5',
    '[0x10]': 'a value expected at byte 1 of 6',
    '[\u00A01]': 'a value expected at byte 1 of 5',
    '<a>': 'a value expected at byte 0 of 3',
    [`${'['.repeat(33)}${']'.repeat(33)}`]: 'more than 32 levels at byte 32 of 66',
    [`[${'1,'.repeat(200_000)}1]`]: 'more than 200000 values at byte 399999 of 400003'
  }
  for (const [text, reason] of Object.entries(refused)) {
    t.throws(() => read(text), {
      code: 'FST_ICECAST_BAD_DOCUMENT', message: `Icecast sent a test.json that cannot be read: ${reason}`
    }, text.slice(0, 40))
  }
  t.ok(read(`${'['.repeat(32)}${']'.repeat(32)}`))
  t.ok(read(`[${'[],'.repeat(100)}[]]`), 'many lists beside each other are not deep')
  t.end()
})

test('keys are only names, whatever they are called', (t) => {
  const fields = read('{"__proto__":{"polluted":1},"constructor":2,"toString":3}')
  t.strictSame(fields, new Map<string, Json>([
    ['__proto__', new Map([['polluted', '1']])], ['constructor', '2'], ['toString', '3']
  ]))
  t.notOk('polluted' in {})
  t.end()
})

test('a damaged JSON document is read or refused', (t) => {
  const isReadOrRefused = (body: Buffer) => {
    try {
      readJson(body, 'test.json')
      return true
    } catch (error) {
      return isBadDocument(error)
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => isReadOrRefused(Buffer.from(bytes))))
  fc.assert(fc.property(mutated(recording('2.5/three.status-json.http')), isReadOrRefused))
  t.end()
})

test('a truncated JSON document is refused wherever it ends', (t) => {
  const body = recording('2.4/two-one-dash.http')
  for (let length = 0; length < body.length; length++) {
    t.throws(() => readJson(body.subarray(0, length), 'test.json'), { code: 'FST_ICECAST_BAD_DOCUMENT' })
  }
  t.end()
})

// Quadratic work would be 10^12 steps and more, and this would not end.
test('a hostile document takes no more time than a good one of its size', (t) => {
  const size = 2_000_000
  for (const [start, part, end] of [
    ['', '[', ''], ['', '{"a":', ''], ['"', '\\', ''], ['"', '\\"', '"'], ['"', '\\u0041', '"'], ['"', '\\u004', '"'],
    ['"', '\xFF', '"'], ['', '"\xFF",', ''], ['', ' ', ''], ['', ' ', 'x'], ['', '1', ''], ['', '1', 'x'],
    ['', '1.1', ''], ['-', '-', ''], ['1e', '1', 'e'], ['', 'null', ''], ['[', ' -,', '-]'], ['{', '"a":1,', '"a":1}']
  ] as const) {
    const body = Buffer.from(start + part.repeat(size / part.length) + end, 'latin1')
    t.doesNotThrow(() => {
      try {
        readJson(body, 'test.json')
      } catch (error) {
        if (!isBadDocument(error)) throw error
      }
    }, `${start}${part}…${end}`)
  }
  t.end()
})
