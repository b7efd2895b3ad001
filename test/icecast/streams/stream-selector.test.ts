import { test } from 'tap'
import type { MountReport } from '../../../lib/icecast/report.ts'
import { StreamSelector, type FollowedStream, type InBand, type StreamSelectorOptions } from '../../../lib/icecast/streams/stream-selector.ts'
import { mount } from '../../stations/helper.ts'

const opus = { contentType: 'application/ogg', codec: 'opus' }
const webm = { contentType: 'video/webm', codec: 'vorbis' }
const unnamed = { contentType: 'application/ogg', codec: null }

/** A selector, and what it selects at a time in s. */
function selector (inBand: InBand, programmes: StreamSelectorOptions['programmes'] = null, hasOggTitles = false, fallbacks = new Set<string>()) {
  const one = new StreamSelector({ inBand, programmes, fallbacks })
  return (at: number, mounts: Record<string, Partial<MountReport>>, followed: Record<string, Partial<FollowedStream>> = {}) => {
    const list = Object.entries(mounts).map(([path, special]) => mount(path, special))
    const streams = new Map(Object.entries(followed).map(([path, stream]): [string, FollowedStream] =>
      [path, { hasMetadata: false, isUnreadable: false, ...stream, since: (stream.since ?? 0) * 1000 }]))
    return one.select({ serverId: null, serverStart: null, mounts: list }, hasOggTitles, streams, at * 1000)
  }
}

test('mounts are followed whose titles the server does not read, as long as they are live', async (t) => {
  const select = selector('auto')
  t.same(select(0, { '/opus': opus, '/webm': webm, '/mp3': {}, '/off': { ...opus, live: false } }).paths, ['/opus', '/webm'])
  t.same(select(1, { '/opus': { ...opus, live: false } }, { '/opus': {} }).paths, [])
  t.same(selector('auto', null, true)(0, { '/opus': opus, '/webm': webm }).paths, ['/webm'], '2.5 reads those of Opus')
})

test('a title that the server would show is waited for', async (t) => {
  const select = selector('auto')
  const mounts = { '/mp3': {}, '/ogg': unnamed, '/late': {} }
  t.same(select(0, mounts).paths, [])
  t.same(select(2, mounts).paths, ['/ogg'], 'Ogg of a codec that is not named')
  t.same(select(9, { ...mounts, '/late': { title: 'A' } }).paths, ['/ogg'])
  t.same(select(10, mounts).paths, ['/mp3', '/ogg'])
  t.same(select(38, mounts).paths, ['/mp3', '/ogg'], 'a document that has shown a title is expected to show the next one')
  t.same(select(39, mounts).paths, ['/mp3', '/ogg', '/late'])
  t.same(select(41, { ...mounts, '/mp3': { streamStart: 'later' } }, { '/mp3': {}, '/ogg': {} }).paths, ['/ogg', '/late'], 'a source that has just connected')
  t.same(select(42, { ...mounts, '/ogg': { ...unnamed, artist: 'A' } }, { '/ogg': {} }).paths, ['/late'], 'no longer, once a document shows it')
})

test('a stream that says nothing where the server would show it is given up, until its source reconnects', async (t) => {
  const select = selector('auto')
  const mounts = { '/mp3': {}, '/opus': opus }
  select(0, mounts)
  t.same(select(10, mounts).paths, ['/mp3', '/opus'])
  t.same(select(69, mounts, { '/mp3': { since: 10 }, '/opus': {} }).paths, ['/mp3', '/opus'])
  t.same(select(70, mounts, { '/mp3': { since: 10 }, '/opus': {} }).paths, ['/opus'])
  t.same(select(669, mounts, { '/opus': {} }).paths, ['/opus'])
  t.same(select(670, mounts, { '/opus': {} }).paths, ['/opus', '/mp3'])
  const back = { '/mp3': { streamStart: 'later' } }
  select(700, mounts, { '/mp3': { since: 10 } })
  select(701, back)
  t.same(select(711, back).paths, ['/mp3'])
  t.same(select(800, back, { '/mp3': { since: 711, hasMetadata: true } }).paths, ['/mp3'], 'one that has said something stays')
})

test('a stream that cannot be read is given up', async (t) => {
  for (const inBand of ['auto', 'always'] as const) {
    const select = selector(inBand, [['/webm']])
    t.same(select(0, { '/webm': webm }).paths, ['/webm'])
    t.same(select(1, { '/webm': webm }, { '/webm': { isUnreadable: true } }).paths, [])
    t.same(select(2, {}, { '/webm': { isUnreadable: true } }).paths, [], 'nor one that is gone')
  }
})

test('a mount is not followed while a better one of its station has titles, or may have them in a moment', async (t) => {
  const select = selector('auto', [['/opus', '/flac', '/mp3'], ['/mp3', '/flac']])
  const flac = { ...opus, codec: 'flac' }
  const mounts = { '/opus': opus, '/flac': flac, '/mp3': { title: 'A' } }
  t.same(select(0, mounts).paths, ['/opus'])
  t.same(select(9, mounts, { '/opus': {} }).paths, ['/opus'])
  t.same(select(10, mounts, { '/opus': {} }).paths, ['/opus', '/flac'], 'it has none')
  t.same(select(11, mounts, { '/opus': { hasMetadata: true }, '/flac': { since: 10 } }).paths, ['/opus'])
  t.same(select(12, { '/flac': flac, '/mp3': { title: 'A' } }).paths, ['/flac'], 'the better one is off')
  t.same(select(13, { '/opus': opus, '/mp3': {} }).paths, ['/opus'])
})

test('at most 8 are followed, and those that are stay', async (t) => {
  const select = selector('auto')
  const mounts = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`/${n}`, opus]))
  const first = select(0, mounts)
  t.same([first.paths.length, first.left], [8, ['/8', '/9']])
  t.same(select(1, mounts, { '/9': {} }).paths.slice(0, 2), ['/9', '/0'])
})

test('`always` follows each named mount that is live, without a limit; without `stations` it is as `auto`', async (t) => {
  const paths = Array.from({ length: 10 }, (_, n) => `/${n}`)
  const mounts = Object.fromEntries(paths.map((path) => [path, { title: 'A' }]))
  t.same(selector('always', [paths.slice(0, 5), paths])(0, { ...mounts, '/more': {} }), { paths, left: [] })
  t.same(selector('always')(0, mounts).paths, [])
})

test('fallbacks are not followed while another mount of their station is live', async (t) => {
  const select = selector('auto', [['/main', '/auto']], false, new Set(['/auto']))
  const followed = { '/main': { hasMetadata: false } }
  t.same(select(0, { '/main': opus, '/auto': opus }).paths, ['/main'])
  t.same(select(60, { '/main': opus, '/auto': opus }, followed).paths, ['/main'], 'although its stream says nothing')
  t.same(select(61, { '/auto': opus }).paths, ['/auto'])
  t.same(selector('auto', [['/main', '/auto']])(60, { '/main': opus, '/auto': opus }, followed).paths, ['/main', '/auto'])
})
