// Makes docs/api.md from the types: `npm run docs:api`. With `--check` it fails when an export, one of its members or an error is
// missing there, or is there and no more in the code.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGE = `${ROOT}docs/api.md`
const manifest = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
/** The schemas of the JSON by the names of their types: they have the descriptions and the order of the fields. */
const { components: { schemas } } = JSON.parse(readFileSync(`${ROOT}docs/asyncapi.json`, 'utf8'))
const entries = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object')
  .map(([entry, { default: path }]) => [manifest.name + entry.slice(1), ROOT + path.replace('./dist/', '').replace(/js$/, 'ts')])

const program = ts.createProgram(entries.map(([, path]) => path), {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true
})
const checker = program.getTypeChecker()
const FORMAT = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope

/** A text without line breaks, safe outside of code. */
const plain = (text) => text.replace(/\s+/g, ' ').trim().split(/(`[^`]*`)/).map((part) => part.startsWith('`') ? part : part.replace(/</g, '&lt;')).join('')
/** The comment of a symbol without its indented examples; not the one that a method of the DOM has. */
const docOf = (symbol) => {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
  return text.includes('[MDN Reference]') ? '' : plain(text.replace(/^ {2,}\S.*$/gm, ''))
}
const cell = (text) => text.replace(/\s+/g, ' ').replace(/\|/g, '\\|')
const code = (text) => `\`${cell(text)}\``
const isOwn = (declaration) => declaration.getSourceFile().fileName.startsWith(ROOT) && !declaration.getSourceFile().fileName.includes('node_modules')
const isPublic = (symbol) => !symbol.name.startsWith('_') && symbol.declarations?.some((one) => isOwn(one) && !(ts.getCombinedModifierFlags(one) & ts.ModifierFlags.Private) && !ts.isPrivateIdentifier(one.name ?? one)) === true

/** Type of a member as somebody wrote it, or as the compiler has found it. */
function typeOf (member, node) {
  const [declaration] = member.declarations ?? []
  if (declaration?.type !== undefined && !ts.isFunctionLike(declaration)) return declaration.type.getText()
  const type = checker.getTypeOfSymbolAtLocation(member, node)
  return checker.typeToString(type, undefined, FORMAT).replace(/import\("[^"]*"\)\./g, '')
}

/** The members of an object type that are declared here; of a union those of all its types. */
function membersOf (type, node) {
  const types = type.isUnion() ? type.types : [type]
  const members = new Map()
  for (const one of types) {
    for (const member of checker.getPropertiesOfType(one)) if (isPublic(member) && !['never', 'undefined'].includes(typeOf(member, node)) && !members.has(member.name)) members.set(member.name, member)
  }
  return [...members.values()]
}

/** `fields`: the properties of the schema of this type, if it has one. */
function table (members, node, fields = {}) {
  if (members.length === 0) return []
  const order = Object.keys(fields)
  const sorted = [...members].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name))
  const rows = sorted.map((member) => `| ${code(member.name + (member.flags & ts.SymbolFlags.Optional ? '?' : ''))} | ${code(typeOf(member, node))} | ${cell(docOf(member) || plain(descriptionOf(fields[member.name])))} |`)
  return ['', '| member | type | description |', '|---|---|---|', ...rows]
}

/** The description of a field, or of the schema to which it refers. */
function descriptionOf (field) {
  const name = /^#\/components\/schemas\/(\w+)$/.exec(field?.$ref)?.[1]
  return field?.description ?? schemas[name]?.description ?? ''
}

const DECLARED = ts.SymbolFlags.Function | ts.SymbolFlags.Class | ts.SymbolFlags.Variable

function describe (exported) {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
  const [declaration] = symbol.declarations ?? []
  const type = symbol.flags & DECLARED ? checker.getTypeOfSymbolAtLocation(symbol, declaration) : checker.getDeclaredTypeOfSymbol(symbol)
  const lines = []
  const doc = docOf(symbol)
  if (doc !== '') lines.push('', doc)
  if (symbol.flags & ts.SymbolFlags.Class) return [...lines, ...table(membersOf(checker.getDeclaredTypeOfSymbol(symbol), declaration), declaration)]
  if (symbol.flags & DECLARED) {
    const signatures = type.getCallSignatures().map((signature) => `${exported.name} ${checker.signatureToString(signature, undefined, FORMAT | ts.TypeFormatFlags.WriteArrowStyleSignature).replace(/import\("[^"]*"\)\./g, '')}`)
    return [...lines, '', '```text', ...signatures, '```']
  }
  const members = membersOf(type, declaration)
  const isObject = symbol.flags & ts.SymbolFlags.Interface || (members.length > 0 && !(type.isUnion() && exported.name !== 'FastifyIcecastOptions'))
  if (isObject) return [...lines, ...table(members, declaration, schemas[exported.name]?.properties)]
  // A type that is made from a list of values shows the values.
  if (declaration.getText().includes('typeof') && type.isUnion() && type.types.every((one) => one.isStringLiteral())) return [...lines, '', '```text', `type ${exported.name} = ${type.types.map(({ value }) => `'${value}'`).join(' | ')}`, '```']
  return [...lines, '', '```text', declaration.getText().replace(/\/\*\*[^]*?\*\/\s*/g, '').replace(/^export /, ''), '```']
}

/** Errors with their HTTP status, below the comments that group them. */
function errors () {
  const source = ts.createSourceFile('errors.ts', readFileSync(`${ROOT}lib/errors.ts`, 'utf8'), ts.ScriptTarget.ES2023, true)
  const lines = []
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    const [{ initializer }] = statement.declarationList.declarations
    if (initializer === undefined || !ts.isCallExpression(initializer) || initializer.expression.getText() !== 'createError') continue
    const [name, message, status] = initializer.arguments
    for (const [, comment] of statement.getFullText().matchAll(/^\/\/ (.+)$/gm)) {
      if (statement.getFullText().indexOf(comment) < statement.getFullText().indexOf('export')) lines.push('', comment, '', '| code | HTTP | message |', '|---|---|---|')
    }
    lines.push(`| \`${name.text}\` | ${status?.getText() ?? '–'} | ${cell(message.text).replace(/</g, '&lt;')} |`)
  }
  return lines
}

function write () {
  const lines = [
    '# API reference', '',
    'What the package exports, made from its types by `npm run docs:api`. The [README](../README.md) has the options with their defaults,',
    'and the [routes](../README.md#routes). Times are in milliseconds, and those in the JSON are ISO 8601 in UTC.', '',
    ...entries.map(([name]) => `- [\`${name}\`](#${name.replace(/[^\w-]/g, '')})`), '- [Errors](#errors)'
  ]
  const described = new Map()
  for (const [name, path] of entries) {
    lines.push('', `## \`${name}\``)
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path))).filter(({ name }) => !['default', 'module.exports'].includes(name))
    const target = (one) => one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one
    const isValue = (one) => (target(one).flags & DECLARED) !== 0
    const again = exported.filter((one) => described.has(target(one)))
    const own = exported.filter((one) => !described.has(target(one))).sort((a, b) => Number(isValue(b)) - Number(isValue(a)) || (a.name < b.name ? -1 : 1))
    if (again.length > 0) lines.push('', `Also, as above: ${again.map((one) => `\`${one.name}\``).sort().join(', ')}.`)
    for (const one of own) {
      described.set(target(one), name)
      lines.push('', `### ${isValue(one) ? '' : 'type '}${one.name}`, ...describe(one))
    }
  }
  lines.push('', '## Errors', '', 'The `code` of each error, its HTTP status if it is sent to clients, and its message. What to do: [Operations](operating.md#errors).', ...errors())
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n').replace(/(\| code \| HTTP \| message \|\n\|---\|---\|---\|\n)\n/g, '$1')}\n`
}

/** What has to be there: headings, members and codes. */
const namesIn = (page) => new Set(page.split('\n').flatMap((line) => {
  const [heading] = /^#+ .+/.exec(line) ?? []
  const [, member] = /^\| (`[^`]+`) \|/.exec(line) ?? []
  return heading !== undefined ? [heading] : member !== undefined ? [member] : []
}))

const page = write()
if (process.argv[2] === '--check') {
  const [wanted, there] = [namesIn(page), namesIn(readFileSync(PAGE, 'utf8'))]
  const missing = [...wanted].filter((name) => !there.has(name))
  const gone = [...there].filter((name) => !wanted.has(name))
  if (missing.length + gone.length > 0) {
    console.error(`docs/api.md is not up to date: run \`npm run docs:api\`. Missing: ${missing.join(', ') || 'nothing'}; no more there: ${gone.join(', ') || 'nothing'}`)
    process.exitCode = 1
  }
} else {
  writeFileSync(PAGE, page)
}
