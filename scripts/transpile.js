/**
 * Turns the TypeScript of the library into JavaScript: src/ -> dist/, topologies/ -> dist-topologies/. Types are only
 * stripped here; `npm run types` checks them and `npm run build` adds the declarations.
 *
 * `npm ci` calls it (`prepare`), so that the commands of a clone start at once instead of translating themselves each
 * time. bin/run-topology.js takes the result for as long as no source is newer.
 *
 * Both outputs lie one level below the root, like their sources, so `../../schemas` means the same in src/contracts and
 * dist/contracts, and only the jobs' imports of ../src/ have to be turned to ../dist/.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `npm ci --omit=dev` leaves no compiler: the commands then run from the sources. */
async function compiler() {
  try {
    return (await import('typescript')).default;
  } catch {
    return undefined;
  }
}

function transpile(ts, from, to) {
  for (const entry of readdirSync(join(root, from), { recursive: true, withFileTypes: true })) {
    const source = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !entry.name.endsWith('.ts') || entry.name.endsWith('.d.ts')) continue;
    const target = join(root, to, relative(join(root, from), source)).replace(/\.ts$/, '.js');
    const { outputText, sourceMapText } = ts.transpileModule(readFileSync(source, 'utf8'), {
      fileName: relative(dirname(target), source),
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
        sourceMap: true,
        inlineSources: true,
      },
    });
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, outputText.replaceAll(/(['"`](?:\.\.\/)+)src\//g, '$1dist/'));
    writeFileSync(`${target}.map`, sourceMapText);
  }
}

const ts = await compiler();
if (ts !== undefined) {
  transpile(ts, 'src', 'dist');
  transpile(ts, 'topologies', 'dist-topologies');
}
