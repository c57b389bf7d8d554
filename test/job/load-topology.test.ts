import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { builtInJobs, loadTopology } from '../../src/job/load-topology.ts';

const dsl = JSON.stringify(new URL('../../src/dsl/define-topology.ts', import.meta.url).href);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-load-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test('knows the built-in jobs, and no module beside them that is none', () => {
  expect(builtInJobs()).toEqual(['aggregation', 'pipeline', 'task-generation']);
});

// The first import loads the whole library, which takes a while on a busy machine.
test.each(builtInJobs())('loads %s by its name', async (name) => {
  expect((await loadTopology(name)).topology.name).toBe(name);
});

test.each(['job.ts', './job.ts', 'job.js', 'job.mjs'])(
  'loads %s from a folder, with its other exports',
  async (path) => {
    file(
      path.replace('./', ''),
      `import { defineTopology } from ${dsl};
export const extra = 7;
export default defineTopology({ name: 'mine', build() {} });`,
    );
    const { topology, url, exports } = await loadTopology(path, folder);
    expect(topology.name).toBe('mine');
    expect(exports['extra']).toBe(7);
    expect(url).toBe(pathToFileURL(join(folder, path)).href);
    expect((await loadTopology(url)).topology.name).toBe('mine'); // as a worker thread does
  },
);

test.each([
  ['nothing-like-it', /no built-in job and no file.*Built-in jobs: aggregation, pipeline, task-generation/s],
  ['./missing.ts', /there is no file .*missing\.ts/],
  ['data.json', /data\.json is not a \.ts or \.js file/],
])('%s is not found', async (specifier, message) => {
  file('data.json', '{}');
  await expect(loadTopology(specifier, folder)).rejects.toMatchObject({
    code: 'JOB_NOT_FOUND',
    message: expect.stringMatching(message),
  });
});

test('a module that fails to load, or exports something else, is no job', async () => {
  file('broken.js', 'export default {');
  file('other.js', 'export const topology = 1; export default {};');
  file('throws.js', 'throw new TypeError("on import")');
  await expect(loadTopology('broken.js', folder)).rejects.toMatchObject({ code: 'JOB_INVALID' });
  await expect(loadTopology('other.js', folder)).rejects.toThrow(/has the exports .*topology.*, and no topology/);
  await expect(loadTopology('throws.js', folder)).rejects.toThrow(/throws\.js cannot be loaded: on import/);
});
