// Compiles topologies/ to dist-topologies/ for the installed package. The jobs import ../src/index.ts; the package has
// no src/, so those imports are turned to ../dist/. Types were checked by `npm run types`; this only strips them.
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const from = 'topologies';
const to = 'dist-topologies';

rmSync(to, { recursive: true, force: true });
if (existsSync(from)) {
  cpSync(from, to, { recursive: true });
  for (const entry of readdirSync(to, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const path = join(entry.parentPath, entry.name);
    const { outputText } = ts.transpileModule(readFileSync(path, 'utf8'), {
      fileName: path,
      compilerOptions: {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    writeFileSync(path.replace(/\.ts$/, '.js'), outputText.replaceAll(/(['"`](?:\.\.\/)+)src\//g, '$1dist/'));
    rmSync(path);
  }
}
