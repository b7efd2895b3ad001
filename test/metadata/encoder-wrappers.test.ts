import { test } from 'tap'
import fc from 'fast-check'
import { stripEncoderWrappers } from '../../lib/metadata/encoder-wrappers.ts'

type Row = [given: string, artist: string | null, title: string | null]

const wrapped: Row[] = [
  ["StreamTitle='A - B';", null, 'A - B'],
  ["StreamTitle='A - B';StreamUrl='';", null, 'A - B'],
  ["StreamTitle='A - B'; StreamUrl='https://example.org/?a=1;b=2';", null, 'A - B'],
  ["StreamTitle='A - B'", null, 'A - B'],
  ["StreamTitle='A - B", null, 'A - B'],
  ["StreamTitle='Rockin'';", null, "Rockin'"],
  ["StreamTitle='It's a trap'; x';StreamUrl='';", null, "It's a trap'; x"],
  ["StreamTitle='';StreamUrl='';", null, null],
  ["StreamTitle=' - ';", null, ' - '],
  ["A - B';StreamUrl='http://example.org/cover.jpg", null, 'A - B'],
  ["A - B';", null, 'A - B'],
  ['text="Wipe Out"', null, 'Wipe Out'],
  ['text="Wipe Out" song_spot="M" MediaBaseId="1098209"', null, 'Wipe Out'],
  ['SURFARIS - text="Wipe Out" song_spot="M" length="00:02:13"', 'SURFARIS', 'Wipe Out'],
  ['- text="Spot Block End" length="00:00:00"', null, 'Spot Block End'],
  ['text="Journey - Faithfully" TPID="1"', null, 'Journey - Faithfully'],
  ['text="Cut short" song_spot="M" artwork="https://exam', null, 'Cut short'],
  ['title="18 And Life",artist="SKID ROW",url="song_spot="F" MediaBaseId="0""', 'SKID ROW', '18 And Life'],
  ['title="Twisted",url="https://example.org/a.jpg"', null, 'Twisted'],
  ['title="Twisted",url=https://example.org/a.jpg', null, 'Twisted'],
  ['SZA - title="Snooze",artist="SZA",url="x"', 'SZA', 'Snooze'],
  ['title="",artist="",url="song_spot="T""', null, null],
  ['title="a" title="b"', null, 'a'],
  ['StreamTitle=\'title="B",artist="A",url=""\';', 'A', 'B'],
  ['A~B~~~~~', 'A', 'B'],
  ['ELODIE~Guaranà~~~~~2020-08-13T08:11:53.252527~2020-08-13T08:11:53.252527~United Music', 'ELODIE', 'Guaranà'],
  [' ~Jingle~~~~~', null, 'Jingle']
]

for (const [given, artist, title] of wrapped) {
  test(`out of its wrapping: ${given}`, async t => { t.same(stripEncoderWrappers(given), { artist, title }) })
}

const typed = [
  'A - B', '-', 'A~B', 'A~B~C', '~A~ B ~C~', 'Oh~Yeah~~~!', '~~~~~~~', 'Hello~~~~~~~', 'A ~ B', 'text', 'text=hello', 'text="open',
  'text="a" b', 'A - text="a" is how it starts', 'subtitle="x"', 'A context="x"', 'my text="x"', 'x="1" text="2"',
  'Tom & Jerry; Co', "Don't", "'Round Midnight'", 'StreamTitle is no title', 'a=b', 'He said "hi"'
]

for (const given of typed) {
  test(`as typed: ${given}`, async t => { t.same(stripEncoderWrappers(given), { artist: null, title: given }) })
}

test('an empty text has no artist and no title', async t => {
  t.same(stripEncoderWrappers(''), { artist: null, title: null })
  t.same(stripEncoderWrappers(' '), { artist: null, title: null })
})

test('a hostile wrapper is read in linear time', async t => {
  const started = performance.now()
  for (const piece of [' - text="', "';", "';StreamUrl='", '~', 'a~', 'text="a" ', 'title="",', '=', '" ', 'text=', "StreamTitle='", "' ;"]) {
    const text = piece.repeat(16_384 / piece.length)
    t.ok(stripEncoderWrappers(text))
    t.ok(stripEncoderWrappers(`StreamTitle='${text}`))
    t.ok(stripEncoderWrappers(`text="${text}`))
  }
  t.ok(performance.now() - started < 5_000)
})

test('property: artist and title consist of parts of the text', async () => {
  const piece = fc.constantFrom('A', 'B', ' ', ' - ', '"', "'", ';', '~', '~~~~~', 'text="', 'title="', 'artist="', ',url=', "StreamTitle='", "';", "StreamUrl='")
  const text = fc.string({ unit: piece, maxLength: 12 })
  fc.assert(fc.property(text, text => {
    const { artist, title } = stripEncoderWrappers(text)
    return text.includes(artist ?? '') && text.includes(title ?? '') && artist !== '' && title !== ''
  }), { numRuns: 2_000 })
})
