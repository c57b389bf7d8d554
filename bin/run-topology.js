#!/usr/bin/env node
// A shim: runs the command line from the build, or straight from the sources in a clone that was never built.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
const source = new URL('../src/cli/main.ts', import.meta.url);
const isBuilt = existsSync(built);

if (!isBuilt) (await import('tsx/esm/api')).register();
const { main, exit } = await import(isBuilt ? built.href : source.href);
exit(await main(process.argv.slice(2)));
