import { test } from 'tap'
import { kindOf, type Classify, type KindOptions } from '../../lib/metadata/kind.ts'

const where = { mount: '/main.mp3', station: 'main' }
const song = { text: 'Björk - Hyperballad', artist: 'Björk', title: 'Hyperballad', raw: 'BjÃ¶rk - Hyperballad' }
const name = { text: 'Radio Main', artist: null, title: 'Radio Main', raw: 'Radio Main' }

function rules (options: Partial<KindOptions> = {}): KindOptions {
  return { kinds: [], classify: undefined, onHookError: (error) => { throw error }, ...options }
}

test('a track with an artist is a song if there are no rules', async (t) => {
  t.equal(kindOf(song, where, rules()), 'song')
  t.equal(kindOf(name, where, rules()), 'unknown')
})

test('the first rule that matches the text or the raw title gives the kind', async (t) => {
  const kinds: KindOptions['kinds'] = [{ match: /^radio/i, kind: 'jingle' }, { match: /Main/, kind: 'ad' }, { match: /Ã¶/, kind: 'talk' }]
  t.equal(kindOf(name, where, rules({ kinds })), 'jingle')
  t.equal(kindOf(song, where, rules({ kinds })), 'talk')
})

test('the hook is asked before the rules and may leave the kind to them', async (t) => {
  const kinds: KindOptions['kinds'] = [{ match: /./, kind: 'ad' }]
  const asked: unknown[] = []
  const classify: Classify = (track, context) => {
    asked.push([track, context])
    return track.artist === null ? 'talk' : undefined
  }
  t.equal(kindOf(name, where, rules({ kinds, classify })), 'talk')
  t.equal(kindOf(song, where, rules({ kinds, classify })), 'ad')
  t.equal(kindOf(song, where, rules({ kinds, classify: () => null })), 'ad')
  t.strictSame(asked, [[name, where], [song, where]])
})

test('a hook that fails or returns an unknown kind is reported, and the rules decide', async (t) => {
  const wrong: Array<() => unknown> = [
    () => { throw new Error('mine') },
    () => 'music',
    () => 7,
    async () => 'ad',
    async () => { throw new Error('mine, and late') }
  ]
  for (const hook of wrong) {
    const told: unknown[] = []
    const options = rules({ onHookError: (error) => told.push(error) })
    t.equal(Reflect.apply(kindOf, undefined, [song, where, { ...options, classify: hook }]), 'song')
    t.match(told, [/mine|`classify` should return one of song, jingle, ad, talk, unknown, or nothing/])
  }
})

test('a hook cannot change the track', async (t) => {
  const classify = (track: object): undefined => { Reflect.set(track, 'text', 'mine') }
  kindOf(song, where, rules({ classify }))
  t.equal(song.text, 'Björk - Hyperballad')
})
