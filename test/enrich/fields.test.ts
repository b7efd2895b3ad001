import { anything, assert, property } from 'fast-check'
import { test } from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { compileFields } from '../../lib/enrich/fields.ts'
import type { ObjectSchema } from '../../lib/options/options.ts'

const Fields = Type.Object({
  artwork: Type.String({ pattern: '^https://' }),
  year: Type.Integer({ minimum: 1800 }),
  links: Type.Array(Type.Object({ title: Type.String(), url: Type.String() }), { maxItems: 3 }),
  isLive: Type.Union([Type.Boolean(), Type.Null()])
})

const link = { title: 'Buy', url: 'https://shop.example' }
const all = { artwork: 'https://covers.example/1.jpg', year: 1995, links: [link], isLive: null }

test('fields that are declared and right are added, each by itself; others are not', async (t) => {
  const fields = await compileFields(Fields)
  class Found { artwork = all.artwork; get year () { return 1995 } }
  const cases: Array<[what: string, given: unknown, read: object | null]> = [
    ['all of them', all, all],
    ['some', { year: 1995 }, { year: 1995 }],
    ['one that nobody declared', { ...all, mood: 'blue', id: 'mine' }, all],
    ['none', {}, null],
    ['none that is declared', { mood: 'blue' }, null],
    ['nothing', undefined, null],
    ['null', null, null],
    ['null for what is missing', { artwork: null, year: undefined, isLive: null }, { isLive: null }],
    ['an object of a class', new Found(), { artwork: all.artwork, year: 1995 }],
    ['what turns itself into JSON', { artwork: new URL('https://covers.example/1.jpg') }, { artwork: 'https://covers.example/1.jpg' }]
  ]
  for (const [what, given, read] of cases) t.strictSame(fields.read(given), { fields: read, error: null }, what)
})

test('what is wrong is left out, and named with what would be right', async (t) => {
  const fields = await compileFields(Fields)
  const cases: Array<[given: unknown, says: string, read: object | null]> = [
    [{ ...all, artwork: 5 }, '`artwork`, which is left out: it must be string', { ...all, artwork: undefined }],
    [{ ...all, artwork: 'javascript:alert(1)' }, '`artwork`, which is left out: it must match pattern "^https://"', { ...all, artwork: undefined }],
    [{ year: '1995' }, '`year`, which is left out: it must be integer', null],
    [{ year: 1995, links: [link, { title: 'Sell' }] }, '`links.1`, which is left out: it must have required properties url', { year: 1995 }],
    [{ links: Array(4).fill(link) }, '`links`, which is left out: it must not have more than 3 items', null],
    [{ artwork: 1, year: 2 }, '`artwork`', null],
    ['https://covers.example/1.jpg', '`string`, which is left out: it must be an object of fields, null or undefined', null],
    [() => all, '`function`', null],
    [[all], '`array`', null],
    [true, '`boolean`', null]
  ]
  for (const [given, says, read] of cases) {
    const { fields: found, error } = fields.read(given)
    t.same(found, read && JSON.parse(JSON.stringify(read)))
    t.match(error, { code: 'FST_ICECAST_ENRICH_FIELD', message: `\`enrich\` returned an invalid ${says}` })
  }
})

test('what is no plain JSON, or too much of it, is left out as a whole', async (t) => {
  const fields = await compileFields(Type.Object({ about: Type.Unknown(), text: Type.String() }))
  const circle: Record<string, unknown> = {}
  circle['circle'] = circle
  const cases: Array<[about: unknown, says: string]> = [
    [circle, 'plain JSON'],
    [5n, 'plain JSON'],
    [{ toJSON () { throw new Error('no') } }, 'plain JSON'],
    [Object.defineProperty({}, 'x', { enumerable: true, get () { throw new Error('no') } }), 'plain JSON'],
    ['ä'.repeat(8192), 'at the most 16384 bytes of JSON'],
    [Array(5000).fill(null), 'at the most 16384 bytes of JSON']
  ]
  for (const [about, says] of cases) {
    t.match(fields.read({ about, text: 'x' }), { fields: null, error: { code: 'FST_ICECAST_ENRICH_FIELD', message: says } })
  }
  const throwing = Object.defineProperty({}, 'text', { get () { throw new Error('no') } })
  t.match(fields.read(throwing), { fields: null, error: { message: 'plain JSON' } })
  t.match(fields.read({ about: 'x'.repeat(16_384 - '{"about":""}'.length) }), { error: null }, 'so much is allowed')
})

test('what is added is a copy, and frozen', async (t) => {
  const fields = await compileFields(Fields)
  const links = [{ ...link }]
  const { fields: found } = fields.read({ links })
  links[0] = { title: 'changed', url: '' }
  t.strictSame(found, { links: [link] })
  const [first] = Object.values(found ?? {})
  t.ok([found, first, first[0]].every(Object.isFrozen))
})

test('whatever a hook gives, what is added fits the schema', async (t) => {
  const fields = await compileFields(Fields)
  const Added = Type.Partial(Fields, { additionalProperties: false })
  assert(property(anything({ withDate: true, withBigInt: true, withMap: true, withTypedArray: true }), anything(), (given, artwork) => {
    for (const found of [fields.read(given).fields, fields.read({ artwork, links: given, year: 1995 }).fields]) {
      if (found !== null && !Value.Check(Added, found)) throw new Error(JSON.stringify(found))
    }
  }))
})

test('a schema by which nothing can be checked is refused at once', async (t) => {
  const cases: Array<[x: object, says: string | RegExp]> = [
    [{ type: 'date' }, '`trackFields.x` is "date"; it should be of a type that JSON has'],
    [Type.BigInt(), 'of a type that JSON has'],
    [{ type: 'string', pattern: '(' }, /`trackFields\.x` is \{ type, pattern \}; it should be a JSON Schema \(SyntaxError: /]
  ]
  for (const [x, says] of cases) {
    const schema: ObjectSchema = { type: 'object', properties: { x } }
    await t.rejects(compileFields(schema), { code: 'FST_ICECAST_INVALID_OPTION', message: says })
  }
  await t.resolves(compileFields({ type: 'object', properties: {} }))
})
