import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../', import.meta.url)

/** A fenced block of code in a Markdown file. */
export interface Snippet {
  /** The name after the fence, such as `js`; '' if there is none. */
  language: string
  code: string
  /** The last heading above it. */
  heading: string
  /** The number of the line on which the code begins, from 1. */
  line: number
}

/** The snippets of a page, such as `docs/client.md`, in their order. */
export function snippetsOf (page: string): Snippet[] {
  const found: Snippet[] = []
  let heading = ''
  let open: { indent: string, snippet: Snippet, lines: string[] } | null = null
  for (const [index, line] of readFileSync(new URL(page, ROOT), 'utf8').split('\n').entries()) {
    const [, indent = '', language] = /^( *)```(\S*)/.exec(line) ?? []
    if (language === undefined) {
      if (open !== null) open.lines.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line)
      else if (/^#+ /.test(line)) heading = line.replace(/^#+ /, '')
    } else if (open === null) {
      open = { indent, snippet: { language, code: '', heading, line: index + 2 }, lines: [] }
    } else {
      found.push({ ...open.snippet, code: `${open.lines.join('\n')}\n` })
      open = null
    }
  }
  if (open !== null) throw new Error(`${fileURLToPath(new URL(page, ROOT))}: a snippet has no end`)
  return found
}

/** The only snippet of a page below this heading and in this language. */
export function snippet (page: string, heading: string, language: string, index = 0): string {
  const found = snippetsOf(page).filter((one) => one.heading === heading && one.language === language)[index]
  if (found === undefined) throw new Error(`${page} has no snippet in ${language} below "${heading}"`)
  return found.code
}
