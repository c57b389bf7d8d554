/**
 * A log some of whose topics are files of lines: inputs are read from files or standard input, outputs are written to
 * files or standard output. Group, transactions, offsets and all other topics are the log underneath.
 *
 *   frames.jsonl --line = record, offset = its first byte--> topic (one partition)
 *   topic --value + newline, when its commit went through--> tasks.jsonl
 *
 * Nothing here outlives the process unless the log underneath does; a run between files starts at their beginning.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import { fileError } from './files/file-error.ts';
import { FileInput } from './files/file-input.ts';
import { filesAdmin } from './files/files-admin.ts';
import { FilesReader } from './files/files-reader.ts';
import { FilesTransactor, type OutputFiles } from './files/files-transactor.ts';
import type { LineInput } from './files/line-input.ts';
import { LineOutput, type LineOutputOptions, type TextSink } from './files/line-output.ts';
import { StreamInput } from './files/stream-input.ts';

export interface FilesLogOptions {
  /** The log underneath; closed with this one. */
  readonly log: Log;
  /** `-` is standard input. */
  readonly inputs: readonly { readonly topic: string; readonly path: string }[];
  readonly outputs: readonly LineOutputOptions[];
  /** Topics whose records are counted and not kept. */
  readonly dropped?: readonly string[];
  /** Replace output files that exist. Default false. */
  readonly force?: boolean;
  readonly clock: Clock;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: TextSink;
  /** Longest input line. Default 16 MiB. */
  readonly maxLineBytes?: number;
  /** Hears of a line of a stream that is too long, while it still grows. */
  readonly onWarning?: (message: string) => void;
}

export interface FilesLog extends Log {
  /** 1-based number of the input line that begins at the offset; undefined when a stream has left it behind long ago. */
  lineOf(topic: string, offset: number): number | undefined;
  /** Records not kept so far, per topic. */
  readonly dropped: ReadonlyMap<string, number>;
}

/** Fails with OUTPUT_EXISTS, IO_FAILED, or USAGE when a file would be read and written; then no file was made. */
export async function openFilesLog(options: FilesLogOptions): Promise<FilesLog> {
  const { log, clock } = options;
  const inputs = new Map<string, LineInput>();
  const outputs = new Map<string, LineOutput>();
  const dropped = new Map((options.dropped ?? []).map((topic) => [topic, 0]));
  try {
    await refuseSameFile(options);
    for (const input of options.inputs) inputs.set(input.topic, await openInput(input, options));
    for (const output of options.outputs) {
      const lines = new LineOutput(output, options.stdout, options.force ?? false);
      await lines.open();
      outputs.set(output.topic, lines);
    }
    const names = [...inputs.keys(), ...outputs.keys(), ...dropped.keys()];
    await log.topics.create([...new Set(names)].map((name) => ({ name, partitions: 1 })));
  } catch (error) {
    await closeAll(inputs, outputs, true);
    throw error;
  }
  const files: OutputFiles = {
    outputs,
    dropped,
    committed(offsets) {
      for (const { topic, offset } of offsets) inputs.get(topic)?.release(offset);
    },
  };
  const bound = new Set([...inputs.keys(), ...outputs.keys(), ...dropped.keys()]);
  return {
    kind: 'files',
    storesRows: log.storesRows,
    shared: log.shared,
    topics: filesAdmin(log.topics, inputs, bound),
    dropped,
    lineOf: (topic, offset) => inputs.get(topic)?.lineOf(offset),
    reader: () => new FilesReader(log.reader(), inputs, clock),
    join: (spec) => log.join(spec),
    transactor: async (id, timeoutMs) => new FilesTransactor(await log.transactor(id, timeoutMs), files),
    async close() {
      await log.close();
      await closeAll(inputs, outputs, false);
    },
  };
}

async function openInput(
  { topic, path }: { readonly topic: string; readonly path: string },
  { maxLineBytes = 16 * 1024 * 1024, stdin, onWarning = () => undefined }: FilesLogOptions,
): Promise<LineInput> {
  if (path === '-') return new StreamInput({ topic, name: 'standard input', maxLineBytes }, stdin, onWarning);
  const found = await stat(path).catch((error: unknown) => Promise.reject(fileError(error, path)));
  const source = { topic, name: path, maxLineBytes };
  // A pipe can be read only once, and its size says nothing.
  return found.isFile() ? FileInput.open(source) : new StreamInput(source, createReadStream(path), onWarning);
}

async function refuseSameFile({ inputs, outputs }: FilesLogOptions): Promise<void> {
  const idOf = async (path: string): Promise<string | undefined> => {
    const found = path === '-' ? undefined : await stat(path).catch(() => undefined); // not there, so not the same
    return found?.isFile() === true ? `${found.dev}:${found.ino}` : undefined;
  };
  const read = new Set(await Promise.all(inputs.map(({ path }) => idOf(path))));
  for (const { path } of outputs) {
    const id = await idOf(path);
    if (id !== undefined && read.has(id)) {
      throw new StreamError('USAGE', `${path} is an input, it cannot be an output as well`);
    }
  }
}

async function closeAll(
  inputs: ReadonlyMap<string, LineInput>,
  outputs: ReadonlyMap<string, LineOutput>,
  undo: boolean,
): Promise<void> {
  for (const input of inputs.values()) await input.close();
  for (const output of outputs.values()) await output.close(undo);
}
