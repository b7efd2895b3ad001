import fc from 'fast-check'
import { test } from 'tap'
import { readXml } from '../../../lib/icecast/documents/xml.ts'
import { isBadDocument, mutated, recording } from './recordings.ts'

const read = (text: string | Buffer) => readXml(Buffer.from(text), 'a', 'test.xml')

test('XML is read into what JSON would be', (t) => {
  t.strictSame(read('<a/>'), '')
  t.strictSame(read('<?xml version="1.0"?>\n<a> x &#x41F;&#233;&amp;amp; </a>\n'), ' x Пé&amp; ')
  t.strictSame(read('<a b="1"><c>x</c></a>'), new Map([['@b', '1'], ['c', 'x']]))
  t.strictSame(read('<a>\n  <c>1</c>\n  <d/>\n  <c>2</c>\n  <c><e>3</e></c>\n</a>'),
    new Map<string, unknown>([['c', ['1', '2', new Map([['e', '3']])]], ['d', '']]))
  t.strictSame(read('<a><__proto__>x</__proto__></a>'), new Map([['__proto__', 'x']]))
  t.strictSame(read('<a>x&#13;\ny\r\nz</a>'), 'x\r\ny\nz', 'a carriage return that was meant is kept')
  t.end()
})

test('bytes that are not UTF-8 cost no other tag a letter', (t) => {
  t.strictSame(
    read(Buffer.concat([Buffer.from('<a><b>é</b><c d="/caf'), Buffer.from([0xE9]), Buffer.from('"><e>ü</e></c><b>é</b></a>')])),
    new Map<string, unknown>([['b', ['é', 'é']], ['c', new Map([['@d', '/café'], ['e', 'ü']])]]))
  t.end()
})

test('everything else is refused', (t) => {
  const refused: Array<[text: string, reason: string]> = [
    ['', 'it is not well-formed at line 1, column 1'],
    ['<a>', 'it is not well-formed at line 1, column 4'],
    ['<a>\n<b></a>', 'it is not well-formed at line 2, column 4'],
    ['<a></a>x', 'it is not well-formed at line 1, column 8'],
    ['<a>\x01</a>', 'it is not well-formed at line 1, column 4'],
    ['<a>&eacute;</a>', 'it is not well-formed at line 1, column 4'],
    ['<b/>', 'it has no a'],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'it has a declaration'],
    ['<a><![CDATA[b]]></a>', 'it has a declaration'],
    ['<a><!-- b --></a>', 'it has a declaration'],
    [`${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}`, 'it has too many levels'],
    [`<a>${'<b/>'.repeat(200_000)}</a>`, 'more than 200000 tags']
  ]
  for (const [text, reason] of refused) {
    t.throws(() => read(text), {
      code: 'FST_ICECAST_BAD_DOCUMENT', message: `Icecast sent a test.xml that cannot be read: ${reason}`
    }, text.slice(0, 40))
  }
  t.ok(read(`${'<a>'.repeat(500)}${'</a>'.repeat(500)}`), 'what lies too deep is left out')
  t.end()
})

test('whatever comes, it is read or refused', (t) => {
  fc.assert(fc.property(mutated(recording('2.5/three.admin-stats.http')), (body) => {
    try {
      return readXml(body, 'icestats', 'test.xml') !== null
    } catch (error) {
      return isBadDocument(error)
    }
  }))
  t.end()
})

// Quadratic work would be 10^12 steps, and this would not end.
test('a hostile document takes no more time than a good one of its size', (t) => {
  const size = 1_000_000
  for (const [start, part, end] of [
    ['<a>', 'x\r', '</a>'], ['<a>', 'x\n', '</a>'], ['<a>', '&amp;', '</a>'], ['<a>', '&#x1F3B5;', '</a>'],
    ['<a>', '🎵', '</a>'], ['<a>', ']]', ''], ['<a ', 'b', '>'], ['<a b="', '&lt;', '"/>'], ['<a b="', 'x\t\r', '"/>'],
    ['<a', ' ', ''], ['<a>', ' ', ''], ['', ' ', ''], ['', '<', ''], ['<a>&', 'b', ''], ['<?a ', '?', ''],
    ['<a>', '\xFF<b/>', ''], ['<a>', '\xFF', ''], ['<a>', '<b c=""/>x', '</a>'], ['<a>', '\x01', '']
  ] as const) {
    const body = Buffer.from(start + part.repeat(size / part.length) + end, part.includes('\xFF') ? 'latin1' : 'utf8')
    t.doesNotThrow(() => {
      try {
        read(body)
      } catch (error) {
        if (!isBadDocument(error)) throw error
      }
    }, `${start}${JSON.stringify(part)}…${end}`)
  }
  t.end()
})
