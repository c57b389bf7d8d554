/** Values of records as lines of a file or of standard output, in the order of the commits. */
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { assignOffsets } from '../../core/batch-format.ts';
import { walkBatches } from '../../core/batch-walker.ts';
import type { SealedBatch } from '../../core/log.ts';
import { messageOf, StreamError } from '../../core/stream-error.ts';
import { fileError } from './file-error.ts';

export interface LineOutputOptions {
  readonly topic: string;
  /** `-`: standard output. */
  readonly path: string;
  /** The line of a value, without its end. Default: the value's own bytes. */
  readonly format?: ((value: Buffer) => string) | undefined;
  /** The file is made with the first line instead of at once. */
  readonly lazy?: boolean | undefined;
}

/** Takes text; resolves when it is taken, rejects when the reader has gone away. */
export interface TextSink {
  write(text: string): Promise<void>;
}

/** Lines are written in pieces of about this size. */
const pieceBytes = 256 * 1024;

const noValue = Buffer.from('null');

const goneCodes = new Set(['EPIPE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END']);

export class LineOutput {
  readonly #options: LineOutputOptions;
  readonly #stdout: TextSink;
  readonly #force: boolean;
  #file: FileHandle | undefined;
  #created = false;
  /** Writes go one after another. */
  #written: Promise<void> = Promise.resolve();

  constructor(options: LineOutputOptions, stdout: TextSink, force: boolean) {
    this.#options = options;
    this.#stdout = stdout;
    this.#force = force;
  }

  /** Makes the file, so that a wrong path is known at once. Fails with OUTPUT_EXISTS or IO_FAILED. */
  async open(): Promise<void> {
    const { path, lazy = false } = this.#options;
    if (path === '-') return;
    try {
      const found = await stat(path).catch(() => undefined); // what is wrong with it, opening it will tell
      const regular = found?.isFile() === true; // and no pipe or /dev/null, which are always there
      if (regular && !this.#force) throw exists(path);
      if (lazy && regular) await rm(path);
      if (!lazy) await this.#create();
    } catch (error) {
      throw fileError(error, path);
    }
  }

  /** Resolves when the lines are written. Fails with OUTPUT_CLOSED when nobody reads standard output any more. */
  write(batches: readonly SealedBatch[]): Promise<void> {
    this.#written = this.#written.then(() => this.#writeAll(batches));
    return this.#written;
  }

  /** `undo`: also removes the file that it made. */
  async close(undo = false): Promise<void> {
    await this.#written.catch(() => undefined); // whoever wrote has been told
    await this.#file?.close();
    this.#file = undefined;
    if (undo && this.#created) await rm(this.#options.path, { force: true });
  }

  async #create(): Promise<FileHandle> {
    const { path } = this.#options;
    const found = await stat(path).catch(() => undefined); // as in open
    this.#file = await open(path, found === undefined ? 'wx' : 'w');
    this.#created = found === undefined;
    return this.#file;
  }

  async #writeAll(batches: readonly SealedBatch[]): Promise<void> {
    const { path } = this.#options;
    for (const piece of this.#pieces(batches)) {
      try {
        if (path === '-') await this.#stdout.write(piece.toString());
        else await (this.#file ?? (await this.#create())).appendFile(piece);
      } catch (error) {
        throw path === '-' ? outputError(error) : fileError(error, path);
      }
    }
  }

  // Each piece is valid until the next one is asked for, and ends with a line.
  *#pieces(batches: readonly SealedBatch[]): Generator<Buffer> {
    const { format } = this.#options;
    let piece = Buffer.allocUnsafe(pieceBytes);
    let length = 0;
    for (const { topic, partition, bytes } of batches) {
      assignOffsets(bytes, 0); // each batch of a seal begins at 0; the walker wants them ascending
      const { batch } = walkBatches(bytes, { topic, partition, checkCrc: false });
      for (let i = 0; batch !== undefined && i < batch.count; i++) {
        let from = batch.valueStarts[i]!;
        let to = batch.valueEnds[i]!;
        let slab = batch.slab;
        if (format !== undefined || from < 0) {
          slab = format === undefined || from < 0 ? noValue : Buffer.from(format(slab.subarray(from, to)));
          from = 0;
          to = slab.length;
        }
        const size = to - from + 1;
        if (length + size > piece.length) {
          if (length > 0) yield piece.subarray(0, length);
          length = 0;
          if (size > piece.length) piece = Buffer.allocUnsafe(size);
        }
        slab.copy(piece, length, from, to);
        length += size;
        piece[length - 1] = 0x0a;
      }
    }
    if (length > 0) yield piece.subarray(0, length);
  }
}

function exists(path: string): StreamError {
  return new StreamError('OUTPUT_EXISTS', `${path} exists`, {
    remedy: 'Name another file, or give --force to replace it.',
  });
}

function outputError(thrown: unknown): StreamError {
  if (!goneCodes.has((thrown as NodeJS.ErrnoException).code ?? '')) return fileError(thrown, 'standard output');
  return new StreamError('OUTPUT_CLOSED', `nobody reads standard output any more: ${messageOf(thrown)}`, {
    cause: thrown,
  });
}
