import { test } from 'tap'
import fc from 'fast-check'
import { isEmptyPair, joinFields, splitTitle } from '../../lib/metadata/split.ts'

const rows: Array<[given: string, text: string, artist: string | null, title: string | null]> = [
  ['Björk - Hyperballad', 'Björk - Hyperballad', 'Björk', 'Hyperballad'],
  ['AC - DC - T.N.T.', 'AC - DC - T.N.T.', 'AC', 'DC - T.N.T.'],
  ['ABBA  -  Dancing Queen', 'ABBA  -  Dancing Queen', 'ABBA', 'Dancing Queen'],
  ['Song-Title', 'Song-Title', null, 'Song-Title'],
  ['A -B', 'A -B', null, 'A -B'],
  ['A – B', 'A – B', null, 'A – B'],
  ['News at nine', 'News at nine', null, 'News at nine'],
  ['1999', '1999', null, '1999'],
  ['-', '-', null, '-'],
  ['--', '--', null, '--'],
  ['-5', '-5', null, '-5'],
  ['- -', '-', null, '-'],
  ['A - -', 'A - -', 'A', '-'],
  ['- T2', 'T2', null, 'T2'],
  [' - T2', 'T2', null, 'T2'],
  ['- A - B', 'A - B', 'A', 'B'],
  ['Artist -', 'Artist', null, 'Artist'],
  ['Artist - ', 'Artist', null, 'Artist'],
  ['A - B -', 'A - B -', 'A', 'B -'],
  ['A -  - B', 'A -  - B', 'A', '- B'],
  [' - ', '', null, null],
  ["StreamTitle=' - ';", '', null, null],
  ["StreamTitle='-';", '-', null, '-'],
  ["StreamTitle='A - B';StreamUrl='';", 'A - B', 'A', 'B'],
  ['SURFARIS - text="Wipe Out" song_spot="M"', 'SURFARIS - Wipe Out', 'SURFARIS', 'Wipe Out'],
  ['text="Journey - Faithfully" TPID="1"', 'Journey - Faithfully', 'Journey', 'Faithfully'],
  ['title="",artist="",url=""', '', null, null],
  ['A~B~~~~~', 'A - B', 'A', 'B'],
  ['', '', null, null],
  ['\u202bA - B\u202c', '\u202bA - B\u202c', 'A', 'B'],
  ['\u202bA - \u202c', '\u202bA - \u202c', null, '\u202bA - \u202c']
]

for (const [given, text, artist, title] of rows) {
  test(`split: ${JSON.stringify(given)}`, async t => { t.same(splitTitle(given), { text, artist, title }) })
}

test('two empty fields differ from a lone dash by their spaces', async t => {
  for (const text of [' - ', '  -  ', '\t-\n']) t.equal(isEmptyPair(text), true, JSON.stringify(text))
  for (const text of ['-', '- ', ' -', ' -- ', ' - a', '']) t.equal(isEmptyPair(text), false, JSON.stringify(text))
})

test('fields are joined as Icecast joins them', async t => {
  t.equal(joinFields({ artist: 'A', title: 'B' }), 'A - B')
  t.equal(joinFields({ artist: 'A', title: null }), 'A')
  t.equal(joinFields({ artist: null, title: 'B' }), 'B')
  t.equal(joinFields({ artist: null, title: null }), '')
})

test('property: artist and title of a split title join to its text', async () => {
  const text = fc.string({ unit: fc.constantFrom('A', 'б', ' ', '-', ' - ', "'"), maxLength: 20 }).map(text => text.trim())
  fc.assert(fc.property(text, given => {
    const { text, artist, title } = splitTitle(given)
    const squeeze = (text: string) => text.replace(/\s/g, '')
    return (title === null) === (text === '') && artist !== '' && squeeze(joinFields({ artist, title })) === squeeze(text)
  }), { numRuns: 2_000 })
})
