import { readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Ajv, type ValidateFunction } from 'ajv'
import { test } from 'tap'
import { isLive, scenario, until } from '../helpers/station.ts'
import { asyncApiDocument } from './asyncapi.ts'

const file = new URL('../../docs/asyncapi.json', import.meta.url)
const expected = `${JSON.stringify(asyncApiDocument(), null, 2)}\n`
// `npm run asyncapi`
if (process.env['TAP_SNAPSHOT'] === '1') await writeFile(file, expected)
const text = await readFile(file, 'utf8')
const document = JSON.parse(text)

test('docs/asyncapi.json is what the schemas say', async (t) => {
  t.equal(text, expected, 'otherwise run `npm run asyncapi`')
})

test('docs/asyncapi.json is valid AsyncAPI', async (t) => {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json')
  const ajv = new Ajv({ strict: false, logger: false, validateFormats: false })
  const validate = ajv.compile(schema)
  t.equal(validate(document), true, JSON.stringify(validate.errors))
  t.equal(validate({ ...document, channels: { stations: { messages: 1 } } }), false)
})

test('each reference in docs/asyncapi.json leads somewhere, and each example matches its schema', async (t) => {
  const references = new Set(text.match(/(?<="\$ref": "#\/)[^"]+/g))
  t.ok(references.size > 10)
  for (const reference of references) {
    const target = reference.split('/').reduce((part, name) => Object(part)[name], document)
    t.ok(target, reference)
  }
  for (const [name, { examples: [example] }] of Object.entries<{ examples: Array<{ payload: unknown }> }>(document.components.messages)) {
    const validate = validatorOf(name)
    t.equal(validate(example?.payload), true, `${name} ${JSON.stringify(validate.errors)}`)
  }
})

test('what subscribers receive matches docs/asyncapi.json', async (t) => {
  const { app, icecast, page } = await scenario(t, { heartbeat: 50 })
  icecast.source('/main.mp3', { name: 'Radio Main' })
  await until(app, isLive)
  const subscriber = page()
  await subscriber.message(({ type }) => type === 'snapshot')
  icecast.title('/main.mp3', 'Björk - Hyperballad')
  await subscriber.message(({ type }) => type === 'update')
  await subscriber.message(({ type }) => type === 'heartbeat')
  const refused = page('/now-playing/nowhere')
  await refused.message(({ type }) => type === 'error')
  for (const message of [...subscriber.messages, ...refused.messages]) {
    const validate = validatorOf(message.type)
    t.equal(validate(message), true, `${message.type} ${JSON.stringify(validate.errors)}`)
  }
})

/** Checks a message by the document alone. */
function validatorOf (message: string): ValidateFunction {
  return new Ajv({ strict: false }).compile({ ...document.components.messages[message].payload, components: document.components })
}
