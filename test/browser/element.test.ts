/// <reference lib="dom" />
import { test } from 'tap'
import { Type } from 'typebox'
import { chromiumMissing } from './chromium.ts'
import { stage } from './stage.ts'

const skip = chromiumMissing()

test('the element shows each title over one WebSocket, without further requests', { skip }, async (t) => {
  const { play, open } = await stage(t, 'Björk - Hyperballad')
  const { sees, shown, requests, errors, tree } = await open()
  await sees('Hyperballad')
  await play('Portishead - Roads')
  await sees('Roads')
  t.match(await shown(), [{ title: 'Hyperballad', artist: 'Björk', status: 'Live' }, { title: 'Roads', artist: 'Portishead' }])
  t.same(requests, ['/', '/now-playing/client.js', 'ws:/now-playing'])
  t.same(errors, [])
  t.notMatch(await tree(), [{ name: /all day/ }], 'what stood in for it is gone')
})

test('titles that contain HTML are shown as text', { skip }, async (t) => {
  const titles = [
    '<img src=x onerror="document.title=1">',
    '</p></script><script>document.title=1</script>',
    '<iframe srcdoc="<script>parent.document.title=1</script>">',
    '&lt;b&gt; &amp; "quotes"',
    'javascript:document.title=1//',
    '{{document.title=1}}'
  ]
  const { play, open } = await stage(t, 'Something - Harmless')
  const { page, sees, shown, requests, errors } = await open({ element: 'history="9"' })
  await sees('Harmless')
  for (const title of titles) {
    await play(`An artist - ${title}`)
    await sees(title)
  }
  t.same((await shown()).at(-1)?.history, ['Something - Harmless', ...titles.slice(0, -1).map((title) => `An artist - ${title}`)].reverse())
  t.equal(await page.title(), 'Radio Main')
  t.same(requests.slice(2), ['ws:/now-playing'])
  t.same(errors, [])
})

test('a screen reader finds title and artist, and announces a change once', { skip }, async (t) => {
  const { icecast, play, open } = await stage(t, 'Björk - Hyperballad')
  const { sees, shown, tree } = await open({ element: 'history="2"' })
  await sees('Hyperballad')
  const before = await tree()
  for (const name of ['Hyperballad', 'Björk', 'Live']) t.match(before.find((one) => one.name === name), { role: 'StaticText' })
  t.same(before.filter(({ live }) => live !== undefined).map(({ live }) => live), ['polite'], 'there is one place for news')

  await play('Portishead - Roads')
  await sees('Roads')
  // More that changes, and is no news.
  icecast.listeners('/main.mp3', 7)
  icecast.disconnect('/main.mp3')
  icecast.source('/main.mp3', { name: 'Radio Main' })
  await play('Massive Attack - Teardrop')
  await sees('Teardrop')
  const said = (await shown()).map(({ said }) => said).filter((text, index, all) => text !== '' && text !== all[index - 1])
  t.same(said, ['Roads, Portishead', 'Teardrop, Massive Attack'], 'not what was there when the page came')
  t.match((await tree()).find(({ name }) => name === 'Teardrop'), { role: 'StaticText' })
})

test('each text is laid out in its own direction, on left-to-right and right-to-left pages', { skip }, async (t) => {
  const { play, open } = await stage(t, 'نوال - ليلٌ طويل')
  const tabs = [await open(), await open({ html: 'lang="ar" dir="rtl"' })]
  /** Whether the letters stand at the left or at the right. */
  const sides = async () => await Promise.all(tabs.map(async ({ page }) => await page.locator('now-playing [part~=title]').evaluate((element) => {
    const range = document.createRange()
    range.selectNodeContents(element)
    const [letters, box] = [range.getBoundingClientRect(), element.getBoundingClientRect()]
    return letters.left - box.left < box.right - letters.right ? 'left' : 'right'
  })))
  for (const { sees } of tabs) await sees('ليلٌ طويل')
  t.same(await sides(), ['right', 'right'])
  await play('Björk - Hyperballad')
  for (const { sees } of tabs) await sees('Hyperballad')
  t.same(await sides(), ['left', 'left'])
})

test('the element takes the colours of the page, and animates only without reduced motion', { skip }, async (t) => {
  const { play, open } = await stage(t, 'Björk - Hyperballad')
  const looks = [
    { colorScheme: 'light', reducedMotion: 'no-preference', colour: 'rgb(0, 0, 0)', moves: true },
    { colorScheme: 'dark', reducedMotion: 'reduce', colour: 'rgb(255, 255, 255)', moves: false }
  ] as const
  for (const { colour, moves, ...options } of looks) {
    const { page, sees } = await open({ body: '<meta name="color-scheme" content="light dark">' }, options)
    await sees('Hyperballad')
    const track = page.locator('now-playing [part~=track]')
    t.equal(await track.evaluate((element) => getComputedStyle(element).color), colour)
    await play(`Portishead - Roads, ${options.colorScheme}`)
    await sees(`Roads, ${options.colorScheme}`)
    t.equal(await track.evaluate((element) => getComputedStyle(element).animationName !== 'none'), moves)
    await play('Björk - Hyperballad')
  }
})

test('the media session shows the track while the player named by `for` plays', { skip }, async (t) => {
  const { play, open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees, errors } = await open({ element: 'for="player"', body: '<audio id="player" src="/silence.wav" loop></audio>' })
  await sees('Hyperballad')
  const panel = async () => await page.evaluate(() => {
    const { title, artist, album } = navigator.mediaSession.metadata ?? {}
    return title === undefined ? null : { title, artist, album }
  })
  t.equal(await panel(), null)
  await page.locator('audio').evaluate(async (audio: HTMLAudioElement) => { await audio.play() })
  t.same(await panel(), { title: 'Hyperballad', artist: 'Björk', album: 'Radio Main' })
  await play('Jingle')
  await sees('Jingle')
  t.same(await panel(), { title: 'Jingle', artist: 'Radio Main', album: 'Radio Main' })
  t.same(errors, [])
})

test('without JavaScript the page shows the content of the element', { skip }, async (t) => {
  const { open } = await stage(t, 'Björk - Hyperballad')
  const { page, tree } = await open({}, { javaScriptEnabled: false })
  t.ok(await page.getByText('Radio Main, all day').isVisible())
  t.match((await tree()).find(({ name }) => name === 'Radio Main, all day'), { role: 'StaticText' })
})

test('artwork is shown if it is an HTTP address, and ignored otherwise', { skip }, async (t) => {
  const artwork: Record<string, string> = { Cover: '/cover.svg', None: '/none.png', Code: 'javascript:document.title=1', Text: 'data:image/png,' }
  const { play, open } = await stage(t, 'Some - Cover', {
    enrich: { schema: Type.Object({ artwork: Type.String() }), handler: ({ title }) => ({ artwork: artwork[`${title}`] ?? '' }), wait: 1000 }
  })
  const { page, sees, requests } = await open()
  const picture = page.locator('now-playing img')
  await sees('Cover')
  await picture.waitFor({ state: 'visible' })
  t.equal(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth), 9)
  t.equal(await picture.getAttribute('alt'), '', 'it says nothing that the text does not')
  for (const title of ['None', 'Code', 'Text']) {
    await play(`Some - ${title}`)
    await sees(title)
    await picture.waitFor({ state: 'hidden' })
  }
  t.same(requests.slice(3), ['/cover.svg', '/none.png'])
  t.equal(await page.title(), 'Radio Main')
})

test('a cover is never shown beside another track, and one that failed is loaded again', { skip }, async (t) => {
  const artwork: Record<string, string> = { One: '/cover.svg', Two: '/slow.svg', Three: '/failed.svg', Four: '/failed.svg' }
  const { play, open } = await stage(t, 'Some - One', {
    enrich: { schema: Type.Object({ artwork: Type.String() }), handler: ({ title }) => ({ artwork: artwork[`${title}`] ?? '' }), wait: 1000 }
  })
  const { page, sees } = await open()
  const picture = page.locator('now-playing img')
  const isSeen = async (isSo: boolean): Promise<void> => {
    await page.waitForFunction((isSo) => {
      const image = document.querySelector('now-playing')?.shadowRoot?.querySelector('img')
      return (image?.checkVisibility({ opacityProperty: true }) ?? null) === isSo
    }, isSo, { polling: 20 })
  }
  const svg = { contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>' }
  let answer = (): void => {}
  const isAnswered = new Promise<void>((resolve) => { answer = resolve })
  let failures = 0
  await page.route('**/slow.svg', async (route) => {
    await isAnswered
    await route.fulfill(svg)
  })
  await page.route('**/failed.svg', async (route) => { await (failures++ === 0 ? route.abort() : route.fulfill(svg)) })
  await sees('One')
  await isSeen(true)

  await play('Some - Two')
  await sees('Two')
  await isSeen(false)
  answer()
  await isSeen(true)
  t.equal(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth), 5)

  await play('Some - Three')
  await sees('Three')
  await picture.waitFor({ state: 'hidden' })
  const sides = async () => await page.locator('now-playing').evaluate((element) => [element, element.shadowRoot?.querySelector('[part~=title]')].map((one) => one?.getBoundingClientRect().left))
  const [own, title] = await sides()
  t.equal(title, own, 'without one there is no gap for it')
  await play('Some - Four')
  await sees('Four')
  await isSeen(true)
})

test('artwork that is an object is ignored', { skip }, async (t) => {
  const { play, open } = await stage(t, 'Some - Thing', {
    enrich: { schema: Type.Object({ artwork: Type.Object({}, { additionalProperties: true }) }), handler: () => ({ artwork: { toString: null, large: '/cover.svg' } }), wait: 1000 }
  })
  const { page, sees, requests, errors } = await open()
  await sees('Thing')
  await play('Another - Thing entirely')
  await sees('Thing entirely')
  await page.locator('now-playing img').waitFor({ state: 'hidden' })
  t.same(requests.slice(2), ['ws:/now-playing'])
  t.same(errors, [])
})

test('a part has exactly the colour that the page sets for it', { skip }, async (t) => {
  const { open } = await stage(t, 'Björk - Hyperballad')
  const { page, sees } = await open()
  await sees('Hyperballad')
  const style = await page.locator('now-playing [part~=status]').evaluate((status) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync('now-playing::part(status) { color: rgb(1, 2, 3) }')
    document.adoptedStyleSheets = [sheet]
    const { color, opacity } = getComputedStyle(status)
    return { color, opacity }
  })
  t.same(style, { color: 'rgb(1, 2, 3)', opacity: '1' })
})
