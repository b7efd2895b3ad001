import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'tap'
import { Type as TypeBox } from 'typebox'
import { Type } from '../../lib/json-schema/type.ts'

type Builder = typeof Type

/** Each function with and without its options. */
const all = (Type: Builder) => {
  const fields = Type.Object({ a: Type.Optional(Type.String()), b: Type.Optional(Type.Union([Type.Integer(), Type.Null()], { description: 'b' })), c: Type.Literal('c') }, { title: 'Fields' })
  return [
    fields,
    Type.Object({}),
    Type.Object({ none: Type.Optional(Type.Null({ description: 'n' })) }, { additionalProperties: true }),
    Type.Object({ all: Type.Boolean(), of: Type.Array(fields, { description: 'them' }) }),
    Type.Partial(fields),
    Type.Partial(fields, { title: 'Others', additionalProperties: true }),
    Type.Enum(['a', 'b'], { description: 'e' }),
    Type.Literal('a', { description: 'l' }),
    Type.Literal(1),
    Type.Literal(true),
    Type.Record(Type.String(), Type.Union([Type.Integer(), Type.Null()]), { description: 'r' }),
    Type.Number({ minimum: 0 }),
    Type.Unknown(),
    Type.Unknown({ description: 'u' })
  ]
}

test('a schema is the JSON that TypeBox makes', (t) => {
  t.strictSame(JSON.parse(JSON.stringify(all(Type))), JSON.parse(JSON.stringify(all(TypeBox))))
  t.equal(JSON.stringify(all(Type)), JSON.stringify(all(TypeBox)), 'in the same order')
  t.end()
})

test('no module of the plugin loads TypeBox when it is imported', (t) => {
  const root = new URL('../../', import.meta.url)
  const files = ['index.ts', ...readdirSync(new URL('lib', root), { encoding: 'utf8', recursive: true }).filter((path) => path.endsWith('.ts')).map((path) => `lib/${path}`)]
  t.same(files.filter((path) => /^(import|export) (?!type).*'typebox/m.test(readFileSync(new URL(path, root), 'utf8'))), [])
  t.end()
})
