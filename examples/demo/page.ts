import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Page {
  html: string
  headers: Record<string, string>
}

/** A page of the examples, and headers under which nothing runs but what is in it and in this backend's own modules, and it talks to nobody else. */
export function readPage (path: string): Page {
  // From the package's root: this file runs as it is written and as it is built, from different folders.
  const place = new URL(path, import.meta.resolve('fastify-icecast/package.json'))
  // A hash is of the text as browsers read it: line ends of Windows are LF to them.
  const html = readFileSync(place, 'utf8').replaceAll('\r\n', '\n')
  const policy = [
    "default-src 'none'",
    `style-src ${hashes(html, 'style')}`,
    `script-src 'self' ${hashes(html, 'script')}`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'"
  ]
  return {
    html,
    headers: {
      'content-security-policy': policy.join('; '),
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff'
    }
  }
}

function hashes (html: string, element: 'style' | 'script'): string {
  const texts = [...html.matchAll(new RegExp(`<${element}(?: [^>]*)?>(.*?)</${element}>`, 'gs'))].map(([, text = '']) => text)
  return texts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')
}
