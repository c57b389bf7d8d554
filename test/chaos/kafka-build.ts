/** Makes JavaScript of what a worker process runs: lives are short, and translating would take most of them. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const own = ['kafka-child.ts', 'topology.ts'];

/** Path of the entry, in `folder`. */
export function buildChild(folder: string): string {
  const root = new URL('../../', import.meta.url);
  execFileSync(process.execPath, [fileURLToPath(new URL('scripts/bundle.js', root))]);
  const dist = new URL('dist/', root).href;
  for (const name of own) {
    const source = readFileSync(new URL(name, import.meta.url), 'utf8');
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext },
    });
    const linked = outputText.replaceAll('../../src/', dist).replace(/(['"])(.*)\.ts\1/g, '$1$2.js$1');
    writeFileSync(join(folder, name.replace('.ts', '.js')), linked);
  }
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return join(folder, 'kafka-child.js');
}
