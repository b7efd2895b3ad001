import { test } from 'tap'
import { kindOf, type KindFunction, type KindOptions } from '../../lib/metadata/kind.ts'

const where = { mount: '/main.mp3', station: 'main' }
const song = { text: 'Björk - Hyperballad', artist: 'Björk', title: 'Hyperballad', raw: 'BjÃ¶rk - Hyperballad' }
const name = { text: 'Radio Main', artist: null, title: 'Radio Main', raw: 'Radio Main' }

function setupRules (...kinds: KindOptions['kinds']): KindOptions {
  return { kinds, onHookError: (error) => { throw error } }
}

test('without a rule a track with an artist is a song', async (t) => {
  t.equal(kindOf(song, where, setupRules()), 'song')
  t.equal(kindOf(name, where, setupRules()), 'unknown')
})

test('the first matching rule decides, by the text shown or by the text sent', async (t) => {
  const rules = setupRules({ match: /^radio/i, kind: 'jingle' }, { match: /Main/, kind: 'ad' }, { match: /Ã¶/, kind: 'talk' })
  t.equal(kindOf(name, where, rules), 'jingle')
  t.equal(kindOf(song, where, rules), 'talk')
})

test('a function decides before the rules after it, or leaves the decision to them', async (t) => {
  const ad = { match: /./, kind: 'ad' } as const
  const calls: unknown[] = []
  const byArtist: KindFunction = (track, context) => {
    calls.push([track, context])
    return track.artist === null ? 'talk' : undefined
  }
  t.equal(kindOf(name, where, setupRules(byArtist, ad)), 'talk')
  t.equal(kindOf(song, where, setupRules(byArtist, ad)), 'ad')
  t.equal(kindOf(song, where, setupRules(() => null, ad)), 'ad')
  t.equal(kindOf(song, where, setupRules(ad, () => 'talk')), 'ad')
  t.strictSame(calls, [[name, where], [song, where]])
})

test('a function that fails or returns no kind is reported, and the rules after it decide', async (t) => {
  const functions: Array<() => unknown> = [
    () => { throw new Error('mine') },
    () => 'music',
    () => 7,
    async () => 'ad',
    async () => { throw new Error('mine, and late') }
  ]
  for (const wrong of functions) {
    const reported: unknown[] = []
    const options = { onHookError: (error: unknown) => reported.push(error) }
    t.equal(Reflect.apply(kindOf, undefined, [song, where, { ...options, kinds: [wrong] }]), 'song')
    t.match(reported, [/mine|a function in `kinds` must return one of song, jingle, ad, talk, unknown, null or undefined/])
  }
})

test('a function cannot change the track', async (t) => {
  kindOf(song, where, setupRules((track: object): undefined => { Reflect.set(track, 'text', 'mine') }))
  t.equal(song.text, 'Björk - Hyperballad')
})
