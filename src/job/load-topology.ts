/**
 * Finds and loads a job by what a person types: the name of a built-in job, a path, or a file: URL. The module's default
 * export is what defineTopology returned.
 *
 *   run-topology task-generation     topologies/task-generation.ts beside the sources, or its build in the package
 *   run-topology ./my-job.ts         tsx is loaded for it, about 200 ms; each worker thread does so again
 *   run-topology ./my-job.js
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { messageOf, StreamError } from '../core/stream-error.ts';
import { isTopology, type Topology } from '../dsl/define-topology.ts';

export interface JobModule {
  readonly topology: Topology<unknown>;
  /** For loading it again in a worker thread. */
  readonly url: string;
  /** Everything the module exports. */
  readonly exports: Readonly<Record<string, unknown>>;
}

// This file runs as TypeScript in a clone and as JavaScript in the package, and so do the built-in jobs.
const extension = extname(fileURLToPath(import.meta.url));
const builtInFolder = new URL(extension === '.ts' ? '../../topologies/' : '../../dist-topologies/', import.meta.url);

/** Names of the built-in jobs, sorted: the modules of the folder that have a default export. */
export function builtInJobs(): readonly string[] {
  if (!existsSync(builtInFolder)) return [];
  return readdirSync(builtInFolder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension) && !entry.name.endsWith('.d.ts'))
    .filter(({ name }) =>
      /^export (default|\{[^}]* as default)/m.test(readFileSync(new URL(name, builtInFolder), 'utf8')),
    )
    .map((entry) => entry.name.slice(0, -extension.length))
    .sort();
}

/** `folder`: what a relative path starts from. Fails with JOB_NOT_FOUND or JOB_INVALID. */
export async function loadTopology(specifier: string, folder = process.cwd()): Promise<JobModule> {
  const url = locate(specifier, folder);
  // In a clone something loads TypeScript already, or this line would not run.
  if (/\.[cm]?tsx?$/.test(url) && extension !== '.ts') (await import('tsx/esm/api')).register();
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(url)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw StreamError.is(cause)
      ? cause.at({ job: specifier })
      : new StreamError('JOB_INVALID', `${specifier} cannot be loaded: ${messageOf(cause)}`, { cause });
  }
  const { default: topology } = exports;
  if (!isTopology(topology)) {
    const names = Object.keys(exports);
    throw new StreamError(
      'JOB_INVALID',
      `${specifier} has ${names.length === 0 ? 'no exports' : `the exports ${names.join(', ')}`}, and no topology as its default one`,
      {
        remedy: 'Write `export default defineTopology({ ... })`.',
      },
    );
  }
  return { topology, url, exports };
}

function locate(specifier: string, folder: string): string {
  if (builtInJobs().includes(specifier)) return new URL(`${specifier}${extension}`, builtInFolder).href;
  const isUrl = specifier.startsWith('file:');
  const path = isUrl ? fileURLToPath(specifier) : resolve(folder, specifier);
  const isModule = /\.[cm]?[jt]sx?$/.test(path);
  if (isModule && existsSync(path)) return isUrl ? specifier : pathToFileURL(path).href;
  throw new StreamError('JOB_NOT_FOUND', notFound(specifier, path, isModule), {
    remedy: `Built-in jobs: ${builtInJobs().join(', ')}. Your own: the path of a .ts or .js file.`,
  });
}

function notFound(specifier: string, path: string, isModule: boolean): string {
  if (isModule) return `there is no file ${path}`;
  if (existsSync(path)) return `${specifier} is not a .ts or .js file`;
  return `there is no built-in job and no file called ${JSON.stringify(specifier)}`;
}
