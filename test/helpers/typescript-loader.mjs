import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'

/** Removes the types of a TypeScript file (https://nodejs.org/api/module.html#loadurl-context-nextload). */
export async function load (url, context, nextLoad) {
  if (!url.endsWith('.ts')) return await nextLoad(url, context)
  const path = fileURLToPath(url)
  const { code } = await transform(await readFile(path, 'utf8'), {
    loader: 'ts',
    sourcefile: path,
    // For stack traces and for the coverage.
    sourcemap: 'inline',
    target: 'node20.19',
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } }
  })
  return { format: 'module', source: code, shortCircuit: true }
}
