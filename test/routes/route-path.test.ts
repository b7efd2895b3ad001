import { test } from 'tap'
import { readLongId } from '../../lib/routes/long-station-id.ts'
import { joinPath, segmentsBelow } from '../../lib/routes/route-path.ts'

test('the path of a route is joined as Fastify does it', async (t) => {
  const cases: Array<[prefix: string, url: string, joined: string]> = [
    ['', '/now-playing', '/now-playing'],
    ['/', '/now-playing', '/now-playing'],
    ['/radio', '/now-playing', '/radio/now-playing'],
    ['/radio/', '/now-playing', '/radio/now-playing'],
    ['/radio', '', '/radio'],
    ['/radio/', '', '/radio'],
    ['/', '', ''],
    ['', '', '']
  ]
  for (const [prefix, url, joined] of cases) t.equal(joinPath(prefix, url), joined, `${prefix} ${url}`)
})

test('the segments below a route are found in any case and however its letters are encoded', async (t) => {
  const cases: Array<[route: string, url: string, below: string[] | null]> = [
    ['/now-playing', '/now-playing', []],
    ['/now-playing', '/now-playing/', ['']],
    ['/now-playing', '/Now%2DPlaying/a%2Fb/history', ['a%2Fb', 'history']],
    ['/now-playing', '/now-playing-too', null],
    ['/now-playing', '/', null],
    ['/now-playing', '/%zz', null],
    ['/jetzt-läuft', '/jetzt-l%C3%A4uft/a', ['a']],
    ['/:lang/now-playing', '/en/now-playing', []],
    ['/:lang/now-playing', '/now-playing', null],
    ['', '/', ['']],
    ['', '/a/history', ['a', 'history']]
  ]
  for (const [route, url, below] of cases) t.same(segmentsBelow(route, url), below, `${route} ${url}`)
})

test('a long id is the segment below the route, decoded', async (t) => {
  t.same(readLongId({ url: '/radio/now-playing/a%2F%C3%BC?wait=1' }, '/radio/now-playing'), { id: 'a/ü', isHistory: false })
  t.same(readLongId({ url: '/now-playing/a;b#c' }, '/now-playing'), { id: 'a;b', isHistory: false })
  t.same(readLongId({ url: '/en/now-playing/a/history' }, '/:lang/now-playing'), { id: 'a', isHistory: true })
  for (const url of ['/now-playing', '/now-playing/', '/now-playing/a/b', '/other/a']) t.equal(readLongId({ url }, '/now-playing'), null, url)
})
