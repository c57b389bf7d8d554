#!/usr/bin/env node
// A shim: runs the command line from the build, or straight from the sources where the build is missing or older.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);

function isFresh() {
  if (!existsSync(source)) return true; // the installed package
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return ['../src/', '../topologies/'].every((folder) => {
    const path = fileURLToPath(new URL(folder, import.meta.url));
    return readdirSync(path, { recursive: true }).every((name) => statSync(join(path, name)).mtimeMs <= mtimeMs);
  });
}

const runsBuild = isFresh();
if (!runsBuild) (await import('tsx/esm/api')).register();
const { main, exit } = await import(runsBuild ? built.href : source.href);
exit(await main(process.argv.slice(2)));
