/** Plants one violation of each rule in a small tree and expects dependency-cruiser to name exactly those. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import layers from '../layers.json' with { type: 'json' };

interface Report {
  readonly summary: { readonly violations: readonly { rule: { name: string }; from: string; to: string }[] };
}

const root = join(import.meta.dirname, '..');
let tree: string;

beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'layers-'));
  await plant({
    'package.json':
      '{ "type": "module", "dependencies": { "level": "1", "kafkajs": "1" }, "devDependencies": { "vitest": "1" } }',
    'node_modules/level/package.json': '{ "name": "level", "version": "1.0.0", "main": "index.js" }',
    'node_modules/level/index.js': 'export default 1;',
    // Only an `import` condition: this is the package that is missed without enhancedResolveOptions.
    'node_modules/kafkajs/package.json':
      '{ "name": "kafkajs", "version": "1.0.0", "exports": { ".": { "import": "./k.js" } } }',
    'node_modules/kafkajs/k.js': 'export default 1;',
    'node_modules/vitest/package.json': '{ "name": "vitest", "version": "1.0.0", "main": "index.js" }',
    'node_modules/vitest/index.js': 'export default 1;',
    'src/core/ids.ts': `import 'node:path'; export type Id = string;`,
    'src/index.ts': `export type { Id } from './core/ids.ts';`,
  });
});

afterEach(() => rm(tree, { recursive: true, force: true }));

async function plant(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
}

/** Every broken rule as "rule: from -> to", sorted. */
async function violations(): Promise<string[]> {
  const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const args = [tool, '--config', join(root, '.dependency-cruiser.cjs'), '--output-type', 'json', '.'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: tree });
  const report = JSON.parse(stdout) as Report;
  return report.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`).sort();
}

test('accepts imports that follow the table', async () => {
  await plant({
    'src/state/leveldb/store.ts': `import level from 'level'; import type { Id } from '../../core/ids.ts'; export const store = [level] as Id[];`,
    'src/connectors/kafka/client.ts': `export { default } from 'kafkajs';`,
    'src/job/run.ts': `import '../state/leveldb/store.ts'; import '../connectors/kafka/client.ts';`,
    'src/cli/main.ts': `import '../job/run.ts';`,
    'topologies/job.ts': `export type { Id } from '../src/index.ts';`,
    'test/core/ids.test.ts': `import 'vitest'; import '../../src/core/ids.ts';`,
  });
  expect(await violations()).toEqual([]);
});

test('catches one planted violation of each rule', async () => {
  await plant({
    'src/dsl/stream.ts': `import type { Id } from '../core/ids.ts'; export type Stream = Id;`,
    'src/runtime/task.ts': `import type { Stream } from '../dsl/stream.ts'; export type Task = Stream;`,
    'src/core/clock.ts': `import 'kafkajs';`,
    'src/plan/cut.ts': `import 'level';`,
    'src/graph/ring.ts': `import '../graph/node.ts';`,
    'src/graph/node.ts': `import './ring.ts';`,
    'src/time/alone.ts': `export const alone = 1;`,
    'src/async/lost.ts': `import './nowhere.ts';`,
    'src/helpers/any.ts': `import '../core/ids.ts';`,
    'src/windows/pane.ts': `import '../../test/fixture.ts'; import 'vitest';`,
    'src/cli/main.ts': `import '../core/ids.ts';`,
    'src/index.ts': `export * from './core/ids.ts'; import './cli/main.ts';`,
    'test/fixture.ts': `export const fixture = 1;`,
    'topologies/deep.ts': `import '../src/core/ids.ts';`,
  });
  expect(await violations()).toEqual([
    'core-is-pure: src/core/clock.ts -> node_modules/kafkajs/k.js',
    'kafka-only-in-connector: src/core/clock.ts -> node_modules/kafkajs/k.js',
    'layer-index: src/index.ts -> src/cli/main.ts',
    'layer-runtime: src/runtime/task.ts -> src/dsl/stream.ts',
    'layer-unknown: src/helpers/any.ts -> src/core/ids.ts',
    'leveldb-only-in-state: src/plan/cut.ts -> node_modules/level/index.js',
    'no-cycles: src/graph/node.ts -> src/graph/ring.ts',
    'no-dev-dependencies: src/windows/pane.ts -> node_modules/vitest/index.js',
    'no-orphans: src/time/alone.ts -> src/time/alone.ts',
    'no-unresolved: src/async/lost.ts -> ./nowhere.ts',
    'public-entries-only: topologies/deep.ts -> src/core/ids.ts',
    'src-stands-alone: src/windows/pane.ts -> test/fixture.ts',
  ]);
});

test('guards every folder against every folder that the table does not allow', async () => {
  const table: Readonly<Record<string, readonly string[]>> = layers;
  const folders = Object.keys(table);
  const file = (folder: string): string => (folder === 'cli' ? 'src/cli/main.ts' : `src/${folder}/file.ts`);
  const expected: string[] = [];
  for (const from of folders) {
    const banned = folders.filter((to) => to !== from && !table[from]!.includes(to));
    expected.push(...banned.map((to) => `layer-${from}: ${file(from)} -> ${file(to)}`));
    await plant({ [file(from)]: banned.map((to) => `import '../../${file(to)}';`).join('\n') });
  }
  const found = (await violations()).filter((line) => line.startsWith('layer-'));
  expect(found).toEqual(expected.sort());
});
