/**
 * `--input` and `--output`: which file feeds which source, and which file takes which sink.
 *
 *   --input frames.jsonl          the only source        --output out.jsonl      the only sink
 *   --input detections=a.jsonl    the source by name     --output merged=-       the sink by name, standard output
 *
 * Sources and sinks go by their id in the topology or by the name of their topic.
 */
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StreamError } from '../core/stream-error.ts';
import type { Graph } from '../graph/nodes.ts';
import { didYouMean } from './config/nearest.ts';

/** `-` is standard input or output; other paths are absolute. */
export interface FileOfTopic {
  /** Id of the source or sink. */
  readonly id: string;
  readonly topic: string;
  readonly path: string;
}

export interface FileWiring {
  readonly inputs: readonly FileOfTopic[];
  readonly outputs: readonly FileOfTopic[];
  /** Where wrong records go, a JSON line each: beside the first output that is a file. */
  readonly deadLetters: string;
  /** Topics of sinks that were given no file: their records are not kept. */
  readonly unkept: readonly string[];
  /** Replace what exists. */
  readonly force: boolean;
}

export interface FileArguments {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly force: boolean;
  readonly folder: string;
}

/** Fails with USAGE, or OUTPUT_EXISTS. Undefined when no file was named. */
export function fileWiring(graph: Graph, args: FileArguments): FileWiring | undefined {
  if (args.inputs.length === 0 && args.outputs.length === 0) return undefined;
  const sources = endpoints(graph, 'source');
  const sinks = endpoints(graph, 'sink');
  if (args.inputs.length === 0) {
    throw usage('--output needs --input: files are read to their end, the embedded log has none', graph);
  }
  const inputs = args.inputs.map((arg) => assign('--input', arg, sources, args.folder));
  const given = args.outputs.length === 0 && sinks.length === 1 ? ['-'] : args.outputs;
  const outputs = given.map((arg) => assign('--output', arg, sinks, args.folder));
  checkOnce('--input', inputs, false);
  checkOnce('--output', outputs, true);

  const missing = sources.filter(({ id }) => !inputs.some((input) => input.id === id));
  if (missing.length > 0) {
    const names = missing.map(({ id }) => id).join(', ');
    throw usage(`no input for ${names}`, graph, `Give --input ${missing[0]!.id}=FILE (an empty file is fine).`);
  }
  for (const { path } of inputs) {
    if (path === '-') continue;
    if (!existsSync(path)) throw usage(`there is no file ${path}`, graph);
    if (statSync(path).isDirectory()) throw usage(`${path} is a folder`, graph, 'Name a file.');
  }
  const first = outputs.find(({ path }) => path !== '-' && !isDevice(path));
  const deadLetters = first === undefined ? join(args.folder, `${graph.job}.dlq.jsonl`) : `${first.path}.dlq.jsonl`;
  if (!args.force) refuseExisting(first === undefined ? outputs : [...outputs, { path: deadLetters }]);
  const unkept = sinks.filter(({ id }) => !outputs.some((output) => output.id === id)).map(({ topic }) => topic);
  // Beside standard output the dead letters of the last run make room for those of this one.
  return { inputs, outputs, deadLetters, unkept, force: args.force || first === undefined };
}

interface Endpoint {
  readonly id: string;
  readonly topic: string;
}

function endpoints(graph: Graph, kind: 'source' | 'sink'): readonly Endpoint[] {
  return [...graph.nodes.values()].flatMap((node) =>
    node.kind === kind ? [{ id: node.id, topic: node.topic.name }] : [],
  );
}

function assign(option: string, arg: string, candidates: readonly Endpoint[], folder: string): FileOfTopic {
  const at = arg.indexOf('=');
  const name = at < 0 ? '' : arg.slice(0, at);
  const named = candidates.find(({ id, topic }) => id === name || topic === name);
  if (named !== undefined) return { ...named, path: pathOf(arg.slice(at + 1), folder) };
  const what = option === '--input' ? 'source' : 'sink';
  const names = candidates.map(({ id }) => id);
  const list = `the job has: ${names.join(', ')}`;
  // A file may have "=" in its name, but then it is there, or the job has only one place for it.
  if (candidates.length === 1 && (at < 0 || option === '--output' || existsSync(resolve(folder, arg)))) {
    return { ...candidates[0]!, path: pathOf(arg, folder) };
  }
  const reason =
    at < 0
      ? `${option} ${arg} does not say which ${what} it is for; ${list}`
      : `${option} ${arg}: there is no ${what} ${JSON.stringify(name)}; ${list}.${didYouMean(name, names)}`;
  throw new StreamError('USAGE', reason, { remedy: `Write ${option} ${names[0] ?? 'NAME'}=FILE.` });
}

function pathOf(path: string, folder: string): string {
  if (path === '') throw new StreamError('USAGE', 'a file name is empty');
  return path === '-' ? path : resolve(folder, path);
}

function checkOnce(option: string, files: readonly FileOfTopic[], paths: boolean): void {
  const ids = new Set<string>();
  const seen = new Set<string>();
  for (const { id, path } of files) {
    if (ids.has(id)) throw new StreamError('USAGE', `${option} was given twice for ${id}`);
    if (seen.has(path) && (paths || path === '-')) throw new StreamError('USAGE', `${option} names ${path} twice`);
    ids.add(id);
    seen.add(path);
  }
}

/** /dev/null, a pipe: nothing that could be overwritten, and no place to put a file beside. */
function isDevice(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === false;
}

function refuseExisting(outputs: readonly { readonly path: string }[]): void {
  for (const { path } of outputs) {
    if (path === '-' || !existsSync(path) || isDevice(path)) continue;
    throw new StreamError('OUTPUT_EXISTS', `${path} exists`, {
      remedy: 'Name another file, or give --force to replace it.',
    });
  }
}

function usage(reason: string, graph: Graph, remedy = 'See `run-topology run --help`.'): StreamError {
  return new StreamError('USAGE', reason, { job: graph.job, remedy });
}
