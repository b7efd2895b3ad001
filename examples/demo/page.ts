import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export interface Page {
  html: string
  headers: Record<string, string>
}

/** Reads a page of the examples, with a policy that allows only its own scripts, this backend's modules, and requests to this backend. */
export function readPage (path: string): Page {
  // Relative to the package's root, because this file and its compiled version are in different folders.
  const place = new URL(path, import.meta.resolve('fastify-icecast/package.json'))
  // Browsers normalize CRLF to LF before they hash an inline script.
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
