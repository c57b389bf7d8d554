/**
 * Bundles the TypeScript of the library into JavaScript: src/ -> dist/, topologies/ -> dist-topologies/. Types are only
 * stripped here; `npm run types` checks them and `npm run build` adds the declarations.
 *
 * A bundle, because a process that loads a few dozen files starts a third of a second sooner than one that loads hundreds.
 * Modules that several entries share are in dist/chunks, so there is one of each, however it is reached. Chunks lie two
 * levels below the root, like the modules in them: paths from import.meta.url that go through the root hold in both.
 *
 * `npm ci` calls it (`prepare`), so that the commands of a clone start at once instead of translating themselves each
 * time. bin/run-topology.js takes the result for as long as no source is newer.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, parse } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where there is none, the commands run from the sources. */
async function bundler() {
  try {
    return await import('esbuild');
  } catch {
    return undefined;
  }
}

const jobs = readdirSync(join(root, 'topologies')).filter((name) => name.endsWith('.ts'));
const entries = {
  'dist/index': 'src/index.ts',
  'dist/testing/index': 'src/testing/index.ts',
  'dist/cli/main': 'src/cli/main.ts',
  'dist/job/worker-thread': 'src/job/worker-thread.ts',
  'dist/state/leveldb/load/loader-thread': 'src/state/leveldb/load/loader-thread.ts',
  ...Object.fromEntries(jobs.map((name) => [`dist-topologies/${parse(name).name}`, `topologies/${name}`])),
};

const esbuild = await bundler();
if (esbuild !== undefined) {
  rmSync(join(root, 'dist/chunks'), { recursive: true, force: true }); // their names change with them
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: '.',
    chunkNames: 'dist/chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    sourcemap: true,
    logLevel: 'warning',
  });
}
