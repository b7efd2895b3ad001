import { test } from 'tap'
import { isSameSong } from '../../lib/metadata/same-song.ts'
import { joinFields } from '../../lib/metadata/split.ts'

interface Song { artist: string | null, title: string | null, text: string }

/** `artist | title`, or a title alone. */
function song (short: string): Song {
  const [first = '', second] = short.split(' | ')
  const fields = second === undefined ? { artist: null, title: first } : { artist: first, title: second || null }
  return { ...fields, text: joinFields(fields) }
}

test('songs that people would call the same are the same', async (t) => {
  const same = [
    ['Björk | Jóga', 'björk | JÓGA'],
    ['Björk | Jóga', 'Bjo\u0308rk | Jo\u0301ga'],
    ['Björk | Jóga', 'Bjork | Joga'],
    ['Sigur Rós | Sæglópur', 'Sigur Ros | Saeglopur'],
    ['MØ | Kamikaze', 'MO | Kamikaze'],
    ['Die Ärzte | Großer Tag', 'DIE ÄRZTE | GROSSER TAG'],
    ['Кино | Перемен!', 'КИНО | Перемен'],
    ['Ёлка | Прованс', 'Елка | Прованс'],
    ['AC/DC | T.N.T.', 'AC-DC | TNT'],
    ['Guns N’ Roses | Don’t Cry', 'Guns N\' Roses | Don\'t Cry'],
    ['Simon & Garfunkel | The Boxer', 'Simon and Garfunkel | The  Boxer '],
    ['Jay-Z feat. Alicia Keys | Empire State of Mind', 'Jay-Z ft. Alicia Keys | Empire State of Mind'],
    ['Jay-Z featuring Alicia Keys | Empire State of Mind', 'Jay-Z | Empire State of Mind (feat. Alicia Keys)'],
    ['Jay-Z Feat Alicia Keys | Empire State of Mind', 'Jay-Z | Empire State of Mind'],
    ['Jay-Z | Empire State of Mind [ft Alicia Keys]', 'Jay-Z | Empire State of Mind'],
    ['A | T (feat. B) [Remix]', 'A feat. B | T [Remix]'],
    ['Jay-Z ft. Alicia Keys - Empire State of Mind', 'Jay-Z featuring Alicia Keys | Empire State of Mind'],
    ['Radio Main | News', 'News'],
    ['AC | DC - T.N.T.', 'AC - DC | T.N.T.'],
    ['The Beatles | ', 'the beatles'],
    ['!!! | ???', '!!! |  ??? '],
    ['ＡＢＢＡ | ＳＯＳ', 'ABBA | SOS'],
    ['きゃりー | ファッション', 'きゃりー | ファッション']
  ]
  for (const [a = '', b = ''] of same) {
    t.ok(isSameSong(song(a), song(b)), `${a} = ${b}`)
    t.ok(isSameSong(song(b), song(a)), `${b} = ${a}`)
  }
})

test('other songs are not the same', async (t) => {
  const other = [
    ['Björk | Jóga', 'Björk | Hyperballad'],
    ['Björk | Jóga', 'Jóga | Björk'],
    ['Björk | Hello', 'Adele | Hello'],
    ['Nena | 99 Luftballons', 'Nena | 99 Red Balloons'],
    ['Toto | Africa', 'Toto | Africa (Live)'],
    ['A feat. B | T', 'A feat. C | T'],
    ['A | 1999', 'A | 1998'],
    ['!!! | ???', '!!! | !'],
    ['The Beatles | ', 'The Beatles | Help!'],
    ['हिन्दी | कि', 'हिन्दी | का'],
    ['Daft Punk | ', 'Air | ']
  ]
  for (const [a = '', b = ''] of other) {
    t.notOk(isSameSong(song(a), song(b)), `${a} = ${b}`)
    t.notOk(isSameSong(song(b), song(a)), `${b} = ${a}`)
  }
})
