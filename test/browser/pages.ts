import type { FastifyInstance } from 'fastify'
import { record } from './recorder.ts'

/** Allows only resources of this server, and no inline style. */
const POLICY = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' data:"

/** A second, mono, 8000 samples of 8 bits. */
const SILENCE = Buffer.concat([
  Buffer.from('524946466b1f000057415645666d7420100000000100010040' + '1f0000401f00000100080064617461401f0000', 'hex'), Buffer.alloc(8000, 0x80)
])

/** The content of a page, which is not escaped. */
export interface Content {
  /** Attributes of `<now-playing>`. */
  element?: string
  /** Attributes of `<html>`. */
  html?: string
  /** HTML after the element. */
  body?: string
  /** HTML before the scripts of the element. */
  head?: string
}

/** The address of a page with a `<now-playing>`, on a server that has `pages`. */
export function pageAt (server: string, content: Content = {}): string {
  return `${server}/?${new URLSearchParams({ ...content })}`
}

export function pages (app: FastifyInstance): void {
  // For browsers that run no script before those of the page.
  app.get('/recorder.js', (request, reply) => reply.type('text/javascript').send(`(${record})()`))
  app.get('/silence.wav', (request, reply) => reply.type('audio/wav').send(SILENCE))
  app.get('/cover.svg', (request, reply) => reply.type('image/svg+xml').send('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'))
  app.get<{ Querystring: Content }>('/', (request, reply) => {
    const { element = '', html = 'lang="en"', body = '', head = '' } = request.query
    return reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY }).send(`<!doctype html>
<html ${html}>
<meta charset="utf-8">
<title>Radio Main</title>
<link rel="icon" href="data:,">
${head}
<script type="module" src="/now-playing/client.js"></script>
<now-playing ${element}>Radio Main, all day</now-playing>
${body}
</html>`)
  })
}
