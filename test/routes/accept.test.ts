import fc from 'fast-check'
import { test } from 'tap'
import { preferred } from '../../lib/routes/accept.ts'

test('preferred() returns the preferred form, or JSON if there is none', async (t) => {
  for (const [header, form] of [
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8', 'json'],
    ['application/json, text/plain, */*', 'json'],
    ['application/json, text/event-stream', 'json'],
    ['application/*, text/plain', 'json'],
    ['image/png', 'json'],
    ['text/event-stream', 'events'],
    ['Text/Event-Stream ; charset=utf-8', 'events'],
    ['text/event-stream, */*;q=0.1', 'events'],
    ['text/event-stream;q=0', 'json'],
    ['text/event-stream;q=0.5, application/json;q=0.4', 'events'],
    ['text/event-stream;q=0.4, application/json;q=0.5', 'json'],
    ['text/plain', 'text'],
    ['text/plain;q=1.0, */*;q=0.01', 'text'],
    ['text/html, text/plain;q=0.9', 'text'],
    ['text/plain;q=x', 'text'],
    ['text/*', 'text'],
    ['text/*;q=0.9, application/json;q=0.1', 'text'],
    ['application/json;q=0, text/*', 'text'],
    ['text/*;q=0', 'json'],
    ['text/*, text/event-stream', 'events'],
    ['text/event-stream, text/*', 'events'],
    ['text/event-stream;q=0.9, text/*', 'text'],
    ['text/*, application/json', 'json'],
    ['text/html, text/*, */*;q=0.1', 'text'],
    [',;,=', 'json']
  ] as const) t.equal(preferred(header), form, header ?? 'none')
})

test('preferred() returns a form for any header', async (t) => {
  fc.assert(fc.property(fc.string(), (header) => ['json', 'text', 'events'].includes(preferred(header))))
})
