import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseXml } from '@rgrove/parse-xml'
import { transformSync } from 'esbuild'
import { compile } from 'svelte/compiler'
import { test } from 'tap'
import ts from 'typescript'
import { parse } from 'vue/compiler-sfc'
import { snippetsOf, type Snippet } from '../helpers/snippets.ts'

// Each snippet of the documentation is compiled. Those of the cookbook are also run, in test/browser/frameworks.test.ts.

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const PAGES = ['README.md', 'CONTRIBUTING.md', ...readdirSync(`${ROOT}docs`).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
const found = PAGES.flatMap((page) => snippetsOf(page).map((snippet) => ({ ...snippet, page, where: `${page}:${snippet.line}` })))

/** What the snippets have from the snippets before them. */
const GLOBALS = `
import type { FastifyInstance } from 'fastify'
import type plugin from 'fastify-icecast'
import type { NowPlayingClient } from 'fastify-icecast/client'
import type { FakeIcecast } from 'fastify-icecast/testing'
declare global {
  const app: FastifyInstance
  const fastifyIcecast: typeof plugin
  const icecast: FakeIcecast
  const np: NowPlayingClient
}
`

/** Other names that a snippet leaves to its reader, such as `myStore`. */
const UNKNOWN_NAMES = [2304, 2503, 2552, 2593, 18004]
/** A module that is not installed here. One of this package is never missing. */
const UNKNOWN_MODULES = [2307, 2664, 7016]
/** The body of a request has no type in JavaScript. */
const UNTYPED_BODY = /does not exist on type '\{\}'|^Spread types may only be created from object types/
/** The types of the package `ws` differ from those of browsers. */
const OTHER_WEBSOCKET = /^Type 'typeof WebSocket' is not assignable/

const manifest: { name: string, exports: Record<string, string | { default: string }> } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
const entries = Object.entries(manifest.exports).flatMap(([entry, target]): Array<[string, string[]]> => typeof target === 'string'
  ? []
  : [[manifest.name + entry.slice(1), [ROOT + target.default.replace('./dist/', '').replace(/js$/, 'ts')]]])

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.ReactJSX,
  types: ['node'],
  typeRoots: [`${ROOT}node_modules/@types`],
  allowJs: true,
  checkJs: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
  paths: Object.fromEntries([...entries, ['/now-playing/client.js', [`${ROOT}lib/client/element.ts`]]])
}

/** What the compiler says of these files, which exist in memory only. */
function errorsOf (sources: ReadonlyMap<string, string>, strict: boolean): string[] {
  const options = { ...OPTIONS, strict, exactOptionalPropertyTypes: strict }
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.getCurrentDirectory = () => ROOT
  host.readFile = (name) => sources.get(name) ?? readFile(name)
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.getSourceFile = (name, ...rest) => {
    const text = sources.get(name)
    return text === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, text, OPTIONS.target ?? ts.ScriptTarget.ES2023)
  }
  const program = ts.createProgram([...sources.keys()], options, host)
  return [...sources.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].flatMap(({ code, messageText, start }) => {
      const message = ts.flattenDiagnosticMessageText(messageText, ' ')
      const isLeft = UNKNOWN_NAMES.includes(code) || OTHER_WEBSOCKET.test(message) || (!strict && UNTYPED_BODY.test(message)) || (UNKNOWN_MODULES.includes(code) && !message.includes(manifest.name) && !message.includes('\'.'))
      return isLeft ? [] : [`${name.slice(`${ROOT}snippets/`.length)}, line ${(file?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0) + 1}: ${message} (${code})`]
    })
  })
}

const inLanguage = (...languages: string[]) => found.filter(({ language }) => languages.includes(language))

/** The scripts in a snippet of HTML. */
const scriptsIn = ({ code }: Snippet): string[] => Array.from(code.matchAll(/<script[^>]*>([^]+?)<\/script>/g), ([, script = '']) => script)

function sourcesOf (files: Array<{ where: string, extension: string, code: string }>): Map<string, string> {
  return new Map([[`${ROOT}snippets/globals.d.ts`, GLOBALS], ...files.map(({ where, extension, code }) => [`${ROOT}snippets/${where.replace(/[/]/g, '-')}.${extension}`, `${code}\nexport {}`] as const)])
}

test('each snippet in JavaScript compiles against the types of the package', (t) => {
  const files = inLanguage('js', 'mjs', 'jsx').map(({ where, language, code }) => ({ where, code, extension: language === 'jsx' ? 'jsx' : 'js' }))
  const pages = inLanguage('html').flatMap((snippet) => scriptsIn(snippet).map((code, index) => ({ where: `${snippet.where}-${index}`, code, extension: 'js' })))
  // The JSON of a station, with comments, is an object.
  const json = (code: string): string => code.startsWith('{') ? `(${code})` : code
  t.same(errorsOf(sourcesOf([...files, ...pages].map((file) => ({ ...file, code: json(file.code) }))), false), [])
  t.ok(files.length > 10 && pages.length > 0)
  t.end()
})

test('each snippet in TypeScript compiles in strict mode', (t) => {
  const files = inLanguage('ts', 'tsx').map(({ where, language, code }) => ({ where, code, extension: language }))
  t.same(errorsOf(sourcesOf(files), true), [])
  t.ok(files.length > 3)
  t.end()
})

/** A document of XML, or a part of one. */
function checkXml (code: string): void {
  parseXml(/^<\w+[^]*<\/\w+>\s*$/.test(code) ? `<all>${code}</all>` : code)
}

const others: Record<string, (snippet: Snippet) => void> = {
  css: ({ code }) => { transformSync(code, { loader: 'css', logLevel: 'silent' }) },
  json: ({ code }) => { JSON.parse(code) },
  sh: ({ code }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: code, encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
  },
  svelte: ({ code }) => { compile(code, {}) },
  xml: ({ code }) => { checkXml(code) },
  vue: ({ code }) => { if (parse(code).errors.length > 0) throw new Error(String(parse(code).errors[0])) }
}

for (const [language, check] of Object.entries(others)) {
  test(`each snippet in ${language} is valid`, (t) => {
    for (const snippet of inLanguage(language)) t.doesNotThrow(() => check(snippet), snippet.where)
    t.end()
  })
}
