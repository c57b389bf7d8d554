/**
 * A stranger's project: packs this package, installs it into an empty folder, compiles a topology against its types,
 * runs it, and calls the command. Needs the build (`npm run build`) and the package registry.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'millrace-consumer-'));
const call = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: 'utf8' });

const job = `
import { defineTopology, json, memory, memoryLog, number, run, topic, valueState, type JobHandle } from 'millrace';

interface Word { readonly word: string }
interface Count { readonly word: string; readonly count: number }

export const counting = defineTopology({
  name: 'counting',
  build(t) {
    t.source('words', topic('words', json<Word>()))
      .keyBy((value) => value.word)
      .process('count', {
        output: json<Count>(),
        state: { count: valueState(number) },
        onElement(value, ctx) {
          const count: number = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          // @ts-expect-error the output has a count
          if (count < 0) ctx.emit({ word: value.word });
          ctx.emit({ word: value.word, count });
        },
      })
      .sinkTo('counts', topic('counts', json<Count>()));
  },
});
export default counting;

const job: JobHandle = await run(counting, { log: memoryLog(), state: memory(), bounded: true });
await job.finished;
console.log(job.status.phase);
`;

try {
  const packed = call('npm', ['pack', '--silent', '--pack-destination', folder], root).trim().split('\n').at(-1);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  call('npm', ['install', '--silent', '--no-audit', '--no-fund', `./${packed}`, '@types/node@20.19.43']);
  writeFileSync(join(folder, 'job.ts'), job);
  const options = {
    module: 'NodeNext',
    target: 'ES2023',
    strict: true,
    exactOptionalPropertyTypes: true,
    outDir: 'out',
    types: ['node'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['job.ts'] }));
  call(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  expect('a compiled job', call(process.execPath, ['out/job.js']), 'stopped');
  expect('the command', call('npx', ['run-topology', 'list']), 'task-generation');
  expect(
    'the test kit',
    call(process.execPath, ['-e', "import('millrace/testing').then((kit) => console.log(Object.keys(kit)))"]),
    'Driver',
  );
  console.log('the package installs, compiles and runs in a fresh project');
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function expect(what, output, part) {
  if (!output.includes(part)) {
    console.error(`${what}: expected "${part}" in\n${output}`);
    process.exitCode = 1;
  }
}
