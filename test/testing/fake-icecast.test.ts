import { test } from 'tap'
import { fakeIcecast } from '../../lib/testing/index.ts'

test('a title that is set shows in the status document at once', async t => {
  await using icecast = await fakeIcecast()
  icecast.source('/live.mp3')
  icecast.title('/live.mp3', 'A - B')
  const answer = await fetch(`${icecast.url}/status-json.xsl`)
  t.match(await answer.json(), { icestats: { source: { title: 'A - B', listenurl: `http://localhost:${new URL(icecast.url).port}/live.mp3` } } })
  t.match(icecast.requests, [{ method: 'GET', path: '/status-json.xsl', authorization: false }])
})
