import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import tap from 'tap'
import ts from 'typescript'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BESIDE = ['@fastify/cookie', '@fastify/session', 'fastify', 'react', 'react-dom', 'ws']

let folder: string | undefined

/** Somebody's project, which has this package and the examples in it. Returns its folder, one for each test file, which goes at the end. */
export function project (): string {
  folder ??= make()
  return folder
}

function make (): string {
  const folder = mkdtempSync(join(tmpdir(), 'examples-'))
  tap.teardown(() => rmSync(folder, { recursive: true }))
  const installed = join(folder, 'node_modules/fastify-icecast')
  const put = (path: string, text: string): void => {
    const place = join(installed, path)
    mkdirSync(dirname(place), { recursive: true })
    writeFileSync(place, text)
  }

  const sources = readdirSync(join(ROOT, 'lib'), { encoding: 'utf8', recursive: true }).filter((path) => path.endsWith('.ts')).map((path) => join('lib', path))
  for (const path of ['index.ts', ...sources]) {
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, path), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ES2022, rewriteRelativeImportExtensions: true, verbatimModuleSyntax: true }
    })
    put(join('dist', path.replace(/ts$/, 'js')), outputText)
  }
  const manifest = readFileSync(join(ROOT, 'package.json'), 'utf8')
  put('package.json', manifest)
  put('dist/client/element.js', readFileSync(join(ROOT, 'dist/client/element.js'), 'utf8'))

  for (const name of [...Object.keys(JSON.parse(manifest).dependencies), ...BESIDE]) {
    const place = join(folder, 'node_modules', name)
    mkdirSync(dirname(place), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules', name), place)
  }
  cpSync(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true })
  return folder
}
