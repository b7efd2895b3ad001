// Tries the package as a user gets it: packed, installed beside Fastify in a project of its own, and used there.
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const temp = mkdtempSync(join(tmpdir(), 'fastify-icecast-'))
const project = join(temp, 'project')
const count = { passed: 0, failed: 0 }
let tarball = ''
/** The paths in the tarball. */
let packed = []
/** In bytes. */
let unpackedSize = 0
const MAX_UNPACKED_SIZE = 1_600_000

/** Runs a program to its end; throws with all it said when that was not 0 or not in time. */
function run (command, args, { cwd = project, seconds = 30 } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(command, args, {
    cwd, encoding: 'utf8', timeout: seconds * 1000, stdio: ['ignore', 'pipe', 'pipe']
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? signal ?? `exit code ${status}`}\n${stdout}${stderr}`)
  return stdout
}

/** A development tool of this repository. */
const tool = (file, args) => run(process.execPath, [join(root, 'node_modules', file), ...args], { seconds: 180 })

function check (name, body) {
  const start = performance.now()
  const line = () => `${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`
  try {
    body()
    count.passed++
    console.log(`ok      ${line()}`)
    return true
  } catch (error) {
    count.failed++
    console.log(`FAILED  ${line()}\n${error.message.replace(/^/gm, '        ')}`)
    return false
  }
}

function pack () {
  // prepack builds; where npm is told to ignore scripts the package would come without dist.
  const [{ filename, files, unpackedSize: size }] = JSON.parse(run('npm', [
    'pack', '--json', '--silent', '--ignore-scripts=false', '--pack-destination', temp
  ], { cwd: root, seconds: 180 }))
  tarball = join(temp, filename)
  unpackedSize = size
  packed = files.map((file) => file.path)
}

function contents () {
  const wanted = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'docs/README.md', 'dist/index.js', 'dist/index.d.ts', 'dist/client/element.js']
  const missing = wanted.filter((path) => !packed.includes(path))
  const fits = /^(docs\/[\w-]+\.(md|json)|package\.json|README\.md|LICENSE|CHANGELOG\.md|dist\/(index|lib\/.+)\.(js|d\.ts)|dist\/client\/element\.js)$/
  const surprising = packed.filter((path) => !fits.test(path))
  const untyped = packed.filter((path) => /^dist\/(?!client\/).+\.js$/.test(path) && !packed.includes(path.replace(/js$/, 'd.ts')))
  if (missing.length + surprising.length + untyped.length > 0) {
    throw new Error(`missing: ${missing}\nsurprising: ${surprising}\nwithout types: ${untyped}`)
  }
  // Debuggers and bundlers would look for them.
  const mapped = packed.filter((path) => path.endsWith('.js') && readFileSync(join(root, path), 'utf8').includes('sourceMappingURL'))
  if (mapped.length > 0) throw new Error(`name a source map that is not there: ${mapped}`)
  if (unpackedSize > MAX_UNPACKED_SIZE) throw new Error(`${unpackedSize} bytes unpacked`)
}

function install () {
  cpSync(join(root, 'test/package'), project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  const versions = ['fastify', 'ws', '@types/node'].map((name) => `${name}@${manifest.devDependencies[name]}`)
  // The suite runs on React 18.
  const react = ['react', 'react-dom', '@types/react', '@types/react-dom'].map((name) => `${name}@19`)
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball, ...versions, ...react], { seconds: 180 })
  if (!existsSync(join(project, 'node_modules/fastify-icecast/package.json'))) throw new Error('not installed')
}

function main () {
  // What comes after has nothing to try when one of these fails.
  if (!check('packs', pack) || !check('installs beside Fastify', install)) return
  check(`holds what it should and nothing else (${packed.length} files)`, contents)
  check('publint --strict', () => tool('publint/src/cli.js', ['run', tarball, '--strict']))
  check('attw --profile esm-only', () => tool('@arethetypeswrong/cli/dist/index.js', [tarball, '--profile', 'esm-only', '--no-definitely-typed', '--no-emoji']))
  check('a CommonJS backend', () => run(process.execPath, ['consumer.cjs']))
  check('an ESM backend', () => run(process.execPath, ['consumer.mjs']))
  check('a TypeScript backend, strict, library types checked', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.json']))
  check('a page in TypeScript that knows nothing of Node', () => tool('typescript/bin/tsc', ['-p', 'tsconfig.browser.json']))
  check('a page in React 19', () => {
    tool('typescript/bin/tsc', ['-p', 'tsconfig.react.json'])
    run(process.execPath, ['out/react.js'])
  })
  check(`at work on Node ${process.versions.node}`, () => run(process.execPath, ['smoke.mjs']))

  const others = ['22', '24'].filter((version) => version !== process.versions.node.split('.')[0])
  for (const version of others) {
    const name = `at work on Node ${version}`
    // It takes a download of that Node.
    if (!process.env.CI) console.log(`skipped ${name}: only where CI is set`)
    else check(name, () => run('npx', ['--yes', '--package', `node@${version}`, 'node', 'smoke.mjs'], { seconds: 180 }))
  }
}

try {
  main()
} finally {
  rmSync(temp, { recursive: true, force: true })
  console.log(`${count.passed} passed, ${count.failed} failed`)
  process.exitCode = count.failed === 0 && count.passed > 0 ? 0 : 1
}
