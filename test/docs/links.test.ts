import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join, normalize } from 'node:path'
import { test } from 'tap'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)
const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', ...docs]

/** The text of a page without its snippets. */
const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replace(/^ *```[^]*?^ *```/gm, '')

/** The anchors of a page, made of its headings as GitHub does. */
function anchorsOf (page: string): Set<string> {
  const text = textOf(page)
  const headings = Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replace(/\s/g, '-'))
  const count = new Map<string, number>()
  const unique = headings.map((heading) => {
    const before = count.get(heading) ?? 0
    count.set(heading, before + 1)
    return before === 0 ? heading : `${heading}-${before}`
  })
  return new Set([...unique, ...Array.from(text.matchAll(/<a id="([^"]+)"/g), ([, id = '']) => id)])
}

test('each link between the pages of the documentation leads to a page and a heading that exist', (t) => {
  const broken: string[] = []
  let checked = 0
  for (const page of PAGES) {
    for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const file = path === '' ? page : normalize(join(dirname(page), path))
      checked++
      if (!existsSync(join(ROOT, file))) broken.push(`${page}: ${target}`)
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor)) broken.push(`${page}: ${target}`)
    }
  }
  t.same(broken, [])
  t.ok(checked > 100)
  t.end()
})

test('the index of the documentation has every page', (t) => {
  const index = textOf('docs/README.md')
  t.same(docs.filter((page) => page !== 'docs/README.md' && !index.includes(`](${page.slice('docs/'.length)}`)), [])
  t.end()
})

test('the README has at most 250 lines', (t) => {
  t.ok(readFileSync(join(ROOT, 'README.md'), 'utf8').trimEnd().split('\n').length <= 250)
  t.end()
})
