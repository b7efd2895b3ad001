import { test } from 'tap'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import { charsetExists, MAX_INPUT_LENGTH, MAX_REPAIRED_LENGTH, repairEncoding } from '../../lib/metadata/repair-encoding.ts'

/** What Icecast shows of UTF-8 that it takes for ISO-8859-1. */
const misread = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

/** What Icecast shows of bytes in `charset` that it takes for ISO-8859-1. */
const asBytes = (text: string, charset: string) => iconv.encode(text, charset).toString('latin1')

/** What Icecast writes of a text that a mount in ISO-8859-1 can't hold. */
const asReferences = (text: string) =>
  Array.from(text, letter => letter > '\u00ff' ? `&#${letter.codePointAt(0)};` : letter).join('')

function table (name: string, rows: Array<[given: string, expected: string]>) {
  test(name, async t => {
    for (const [given, expected] of rows) {
      t.equal(repairEncoding(given), expected)
      t.equal(repairEncoding(expected), expected, 'and stays so')
    }
  })
}

// Titles as Icecast 2.4.4 and 2.5.0-rc2 gave them.
table('the charset matrix of real servers: letters come back', [
  ['Caf\u00c3\u00a9', 'Café'],
  ['Café', 'Café'],
  ['Caf', 'Caf'],
  ['\u00f0\u009f\u008e\u00b5x', '🎵x'],
  ['🎵x', '🎵x'],
  ['\u00e2\u0082\u00ac5', '€5'],
  ['&#8364;5', '€5'],
  ['€5', '€5'],
  ['\u00805', '€5'],
  ['\u00d0\u009f\u00d1\u0080\u00d0\u00b8\u00d0\u00b2\u00d0\u00b5\u00d1\u0082', 'Привет'],
  ['&#1055;&#1088;&#1080;&#1074;&#1077;&#1090;', 'Привет'],
  ['Привет', 'Привет'],
  ['Ïðèâåò', 'Ïðèâåò'],
  ['Bogus é', 'Bogus é'],
  ['Café - ü', 'Café - ü'],
  ['Caf\u00c3\u00a9 - \u00c3\u00bc', 'Café - ü'],
  ['&#22338;&#26412; - &#25126;&#22580;', '坂本 - 戦場'],
  ['it\u0092s', 'it’s'],
  ['&#1050;&#1080; &eacute;', 'Ки &eacute;'],
  ['a\u0085b', 'a…b']
])

table('valid text stays as it was typed', [
  ['', ''],
  ['1999', '1999'],
  ['-', '-'],
  ['007', '007'],
  ['Tom &amp; Jerry', 'Tom &amp; Jerry'],
  ['AC/DC "T.N.T." \\ C:\\new', 'AC/DC "T.N.T." \\ C:\\new'],
  ['<b>bold</b>', '<b>bold</b>'],
  ['Björk - Jóga', 'Björk - Jóga'],
  ['Ångström ÆØÅ ß', 'Ångström ÆØÅ ß'],
  ['Ελλάδα - Μίκης Θεοδωράκης', 'Ελλάδα - Μίκης Θεοδωράκης'],
  ['坂本龍一 - 戦場のメリークリスマス', '坂本龍一 - 戦場のメリークリスマス'],
  ['방탄소년단 - 봄날', '방탄소년단 - 봄날'],
  ['فيروز - نسم علينا الهوى', 'فيروز - نسم علينا الهوى'],
  ['שלום\u200f! - נעמי', 'שלום\u200f! - נעמי'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['हिन्दी - क्\u200dष', 'हिन्दी - क्\u200dष'],
  ['👩\u200d🎤 🏳️\u200d🌈 🇮🇸', '👩\u200d🎤 🏳️\u200d🌈 🇮🇸'],
  ['a\u2028b', 'a\u2028b'],
  ['Ð is a letter, and so is Ñ', 'Ð is a letter, and so is Ñ'],
  ['Кино \u00c3\u00a9', 'Кино Ã©']
])

table('only the references that Icecast made are decoded', [
  ['&#256;&#1114111;', 'Ā\u{10ffff}'],
  ['&#127925; x', '🎵 x'],
  ['&#255; &#233; &#39; &#38;', '&#255; &#233; &#39; &#38;'],
  ['&#x41F; &#01055; &#1055 &#;', '&#x41F; &#01055; &#1055 &#;'],
  ['&#55357;&#56588;', '&#55357;&#56588;'],
  ['&#1114112;&#99999999;', '&#1114112;&#99999999;'],
  ['&amp;#1055;', '&amp;#1055;'],
  ['&#65279;Song', 'Song'],
  ['&#10&#65279;55;', 'П']
])

table('what is no letter goes', [
  ['\ufeffa\ufeffb', 'ab'],
  ['\u00ef\u00bb\u00bfBjörk', 'ï»¿Björk'],
  ['\u00ef\u00bb\u00bfBj\u00c3\u00b6rk', 'Björk'],
  ['a\u0000\u0001\u0008\u001f\u007fb', 'ab'],
  ['a\u0081\u008d\u008f\u0090\u009db', 'ab'],
  ['a\tb\rc\nd\r\ne', 'a b c d e'],
  ['  a  b\u00a0', 'a  b'],
  ['\u00a0\t ', ''],
  ['a\ud83cb\udfb5', 'a\ufffdb\ufffd'],
  ['\ud83c\u0000\udfb5', '\ufffd\ufffd'],
  ['x' + '\u0316'.repeat(31) + '!', 'x' + '\u0316'.repeat(30) + '!'],
  ['Cafe\u0301 - e\u0301', 'Café - é'],
  ['فيروز \u202eabc שלום', 'فيروز abc שלום'],
  ['a \u2067b\u2069 c', 'a \u2067b\u2069 c']
])

table('text mangled more than once comes back', [
  [misread(misread('Привет')), 'Привет'],
  [misread(misread(misread('\ufeffà la carte'))), 'à la carte'],
  [misread('it\u0092s'), 'it’s'],
  [misread('Cafe\u0301'), 'Café'],
  ['A\u0303\u00a9', 'é'],
  ['\u00c3\u0081\u00a9', 'é'],
  ['\u00c3\u00a9\u00a0', 'é']
])

test('a charset is used for bytes only, not for other text', async t => {
  t.equal(repairEncoding('Ïðèâåò', 'windows-1251'), 'Привет')
  t.equal(repairEncoding('\u0092\u0083 \u00c2', 'windows-1251'), '’ѓ В', 'C1 are bytes too')
  t.equal(repairEncoding(asBytes('坂本 - ｱ表', 'shift_jis'), 'shift_jis'), '坂本 - ｱ表')
  t.equal(repairEncoding(asBytes('Łódź', 'iso-8859-2'), 'iso-8859-2'), 'Łódź')
  t.equal(repairEncoding(asBytes('Ψυχή', 'windows-1253'), 'windows-1253'), 'Ψυχή')
  t.equal(repairEncoding(asBytes('Кино', 'koi8-r'), 'koi8-r'), 'Кино')
  t.equal(repairEncoding(misread('Привет'), 'windows-1251'), 'Привет', 'UTF-8 first')
  t.equal(repairEncoding('Привет Ï', 'windows-1251'), 'Привет Ï', 'letters that are no bytes')
  t.equal(repairEncoding('plain', 'windows-1251'), 'plain')
  t.equal(repairEncoding('Café', 'nonsense'), 'Café', 'an unknown one is ignored')
  t.equal(repairEncoding('it\u0092s', 'iso-8859-1'), 'it’s')
})

test('a charset exists if a title can be encoded in it', async t => {
  for (const name of ['windows-1251', 'Shift_JIS', 'iso-8859-2', 'koi8-r', 'gb18030', 'euc-kr', 'big5', 'cp866', 'utf-8']) {
    t.equal(charsetExists(name), true, name)
  }
  for (const name of ['', 'nonsense', 'utf-16', 'utf-32', 'base64', 'hex', 'constructor', '__proto__']) {
    t.equal(charsetExists(name), false, JSON.stringify(name))
  }
})

test('a repaired title is bounded and never cut within a character', async t => {
  t.equal(repairEncoding('a'.repeat(MAX_REPAIRED_LENGTH + 1)), 'a'.repeat(MAX_REPAIRED_LENGTH))
  t.equal(repairEncoding('a'.repeat(MAX_REPAIRED_LENGTH - 1) + '🎵'), 'a'.repeat(MAX_REPAIRED_LENGTH - 1))
  t.equal(repairEncoding(asReferences('П'.repeat(2_000))), 'П'.repeat(2_000))
  t.equal(repairEncoding(misread('П'.repeat(1_950))), 'П'.repeat(1_950))
  t.equal(repairEncoding('\u0958'.repeat(MAX_REPAIRED_LENGTH)).length, MAX_REPAIRED_LENGTH, 'NFC makes it longer')
})

test('a hostile title of any length is repaired in linear time', async t => {
  const nested = Array.from({ length: 400 }).reduce<string>(inner => `&#6527&#65279;9;${inner}`, '')
  const started = performance.now()
  for (const text of [
    nested.repeat(5), '&#'.repeat(1e6), '\u202a'.repeat(1e6), '\u202a'.repeat(5e5) + '\u2069'.repeat(5e5),
    misread(misread('\ufeff'.repeat(1e5))), '\u0300\u0316'.repeat(1e6), '\u00c3'.repeat(1e6), ' '.repeat(1e6) + 'a'
  ]) t.ok(repairEncoding(text).length <= MAX_REPAIRED_LENGTH)
  t.ok(repairEncoding('x'.repeat(MAX_INPUT_LENGTH * 2)).length <= MAX_REPAIRED_LENGTH)
  t.ok(performance.now() - started < 5_000)
})

// Characters that meet in faults: parts of UTF-8, C1, references, composing and dropped ones, beside any others.
const letter = fc.oneof(
  fc.constantFrom('\u00c3', '\u00a9', '\u00c2', '\u00ef', '\u00bb', '\u00bf', '\u0081', '\u0092', '\u00a0', 'A', '\u0303',
    '\u0301', '\ufeff', '\u202e', '\u202c', '\u2067', '\u2069', '\ud83c', '\udfb5', '\u0000', '\r', '\n', ' ', '-', '\u037e',
    '&#', '&#10', '55', ';', '&#65279;', '&#771;', '&#8238;', '&#894;', '&#8491;', '&#1055;', '\u0344', '\u0958', 'П', 'é'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })
)
const text = fc.string({ unit: letter, maxLength: 60 })
const numRuns = 2_000

test('property: repairing repaired text changes nothing', async () => {
  fc.assert(fc.property(text, text => repairEncoding(repairEncoding(text)) === repairEncoding(text)), { numRuns })
})

test('property: UTF-8 that was decoded as ISO-8859-1 once or twice is recovered', async () => {
  fc.assert(fc.property(text, text => repairEncoding(misread(text)) === repairEncoding(text)), { numRuns })
  fc.assert(fc.property(text, text => repairEncoding(misread(misread(text))) === repairEncoding(text)), { numRuns })
  fc.assert(fc.property(text.map(text => `Ж${text}`), text =>
    repairEncoding(misread(text), 'windows-1251') === repairEncoding(text)), { numRuns })
})

test('property: valid text is not changed', async () => {
  const valid = fc.string({ unit: 'grapheme', maxLength: 60 }).map(text => `Ж${text}!`.normalize('NFC'))
    .filter(text => !/&#\d|[\p{Cc}\ufeff\u202a-\u202e\u2066-\u2069]/u.test(text))
  fc.assert(fc.property(valid, text => repairEncoding(text) === text), { numRuns })
  // A letter of ISO-8859-1 before ASCII is never UTF-8.
  const latin = fc.string({ unit: fc.constantFrom(...'abc -ÀÉÎÕüßñÿ¡¿'), maxLength: 60 }).map(text => `${text}é!`.trim())
  fc.assert(fc.property(latin, text => repairEncoding(text) === text), { numRuns })
})

test('property: letters that Icecast wrote as references are recovered', async () => {
  const cyrillic = fc.string({ unit: fc.constantFrom(...'abc éüПриветЁ🎵坂 -&#;'), maxLength: 60 })
    .filter(text => !/&#\d/.test(text))
  fc.assert(fc.property(cyrillic, text => repairEncoding(asReferences(text)) === repairEncoding(text)), { numRuns })
})

test('property: windows-1251 is recovered', async () => {
  const cyrillic = fc.string({ unit: fc.constantFrom(...'abc ПриветЁўі№«»—'), maxLength: 60 }).map(text => `${text}щ я`.trim())
  fc.assert(fc.property(cyrillic, text => repairEncoding(asBytes(text, 'windows-1251'), 'windows-1251') === text), { numRuns })
  fc.assert(fc.property(cyrillic, text => repairEncoding(text, 'windows-1251') === text), { numRuns })
})

test('property: a repaired text has no control characters or lone surrogates', async () => {
  fc.assert(fc.property(text, text => {
    const repaired = repairEncoding(text)
    return !/[\p{Cc}\p{Cs}\ufeff]/u.test(repaired) && repaired === repaired.normalize('NFC') && repaired === repaired.trim()
  }), { numRuns })
})
