/**
 * The lines of a stream that can be read only once: standard input, a pipe. Lines stay in memory until their offset was
 * committed, because a rollback reads them again; the stream is read only when somebody waits for more. Of a line that is too
 * long only the size is kept.
 *
 *   released | chunk chunk chunk | pending: the beginning of a line     <- stream
 *            ^ start             ^ end, so far
 */
import { Readable } from 'node:stream';
import { unknownEnd, type FetchedPartition } from '../../core/log.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import type { StreamError } from '../../core/stream-error.ts';
import { fileError } from './file-error.ts';
import { outOfRange, type LineInput, type LineSource } from './line-input.ts';
import { batchOfLines, batchOfLongLine, countNewlines, scanLines } from './scan-lines.ts';

/** Whole lines, in order, or one that is too long. */
interface Chunk {
  readonly offset: number;
  readonly end: number;
  /** Empty: a line that is too long. */
  readonly slab: Buffer;
  /** Number of its first line. */
  readonly line: number;
}

/** Released bytes that are kept to tell line numbers of records that failed a little later. */
const keptBytes = 4 * 1024 * 1024;

const newline = 0x0a;

export class StreamInput implements LineInput {
  readonly #source: LineSource;
  readonly #stream: NodeJS.ReadableStream;
  readonly #onWarning: (message: string) => void;
  readonly #iterator: AsyncIterator<string | Buffer, undefined>;
  #chunks: Chunk[] = [];
  #released = 0;
  #end = 0;
  #nextLine = 1;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  /** Bytes so far of a line that is too long. */
  #longBytes = 0;
  #ended = false;
  /** What failed stays so: the lines behind the failure are lost. */
  #failure: StreamError | undefined;
  #pulling = false;
  readonly #waiting = new Set<() => void>();
  #closed = false;

  /** `onWarning` hears of a line that is too long while it still grows: it may never end. */
  constructor(source: LineSource, stream: NodeJS.ReadableStream, onWarning: (message: string) => void) {
    this.#source = source;
    this.#stream = stream;
    this.#onWarning = onWarning;
    this.#iterator = stream[Symbol.asyncIterator]();
  }

  bounds(): { start: number; end: number } {
    // Bounded runs stop at the end that they see at the start, and this one is not known yet.
    return { start: this.#released, end: this.#ended ? this.#end : unknownEnd };
  }

  async read(offset: number, maxBytes: number): Promise<FetchedPartition | undefined> {
    if (offset < this.#released || offset > this.#end) {
      throw outOfRange(this.#source, offset, this.#released, this.#end);
    }
    if (offset === this.#end) {
      if (this.#failure !== undefined) throw this.#failure;
      return this.#ended ? this.#answer(undefined, offset) : undefined;
    }
    const { offset: base, end, slab } = this.#chunkAt(offset)!;
    const { topic, maxLineBytes } = this.#source;
    if (slab.length === 0) return this.#answer(batchOfLongLine(topic, base, end), end);
    const rest = offset === base ? slab : slab.subarray(offset - base);
    const found = scanLines(rest, rest.length, { base: offset, last: true, maxBytes, maxLineBytes });
    return this.#answer(batchOfLines(topic, rest, found, offset), offset + found.bytes);
  }

  whenMore(callback: () => void): () => void {
    this.#waiting.add(callback);
    if (!this.#pulling && this.#failure === undefined) void this.#pull();
    return () => this.#waiting.delete(callback);
  }

  release(offset: number): void {
    this.#released = Math.max(this.#released, Math.min(offset, this.#end));
    const first = this.#chunks.findIndex(({ end }) => end > this.#released - keptBytes);
    if (first !== 0) this.#chunks = first < 0 ? [] : this.#chunks.slice(first);
  }

  lineOf(offset: number): number | undefined {
    const chunk = this.#chunkAt(offset);
    if (chunk === undefined) return undefined;
    return chunk.line + countNewlines(chunk.slab.subarray(0, offset - chunk.offset));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#chunks = [];
    // An open standard input would keep the process alive.
    if (this.#stream instanceof Readable) this.#stream.destroy();
  }

  #answer(batch: RecordBatch | undefined, nextOffset: number): FetchedPartition {
    const end = this.#end; // of what has come
    const ended = this.#ended && nextOffset === end ? { ended: true } : {};
    return { topic: this.#source.topic, partition: 0, batch, nextOffset, end, stable: end, ...ended };
  }

  // Reads until there is a whole line more, or the stream has ended.
  async #pull(): Promise<void> {
    this.#pulling = true;
    const before = this.#end;
    try {
      while (this.#end === before && !this.#ended) this.#accept(await this.#next());
    } catch (error) {
      this.#failure = fileError(error, this.#source.name);
    }
    this.#pulling = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const next: IteratorResult<string | Buffer, undefined> = await this.#iterator.next();
      return typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
    } catch (error) {
      if (this.#closed) return undefined; // ended by close
      throw error;
    }
  }

  #accept(bytes: Buffer | undefined): void {
    if (bytes === undefined) {
      this.#ended = true;
      if (this.#longBytes > 0) this.#closeLong();
      else this.#close(Buffer.concat(this.#take()));
      return;
    }
    if (this.#longBytes > 0) {
      const rest = bytes.indexOf(newline) + 1;
      this.#longBytes += rest || bytes.length;
      if (rest === 0) return;
      this.#closeLong();
      bytes = bytes.subarray(rest);
    }
    const whole = bytes.lastIndexOf(newline) + 1;
    if (whole > 0) {
      const { length } = this.#pending;
      const head = bytes.subarray(0, whole);
      this.#close(length === 0 ? head : Buffer.concat([...this.#take(), head]));
    }
    if (whole < bytes.length) this.#pending.push(bytes.subarray(whole));
    this.#pendingBytes += bytes.length - whole;
    if (this.#pendingBytes <= this.#source.maxLineBytes) return;
    this.#longBytes = this.#pendingBytes;
    this.#take();
    const { name, maxLineBytes } = this.#source;
    this.#onWarning(
      `${name}: line ${String(this.#nextLine)} is longer than ${String(maxLineBytes)} bytes and has not ended; when it does it goes to the dead letters`,
    );
  }

  #take(): Buffer[] {
    const pending = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    return pending;
  }

  #close(slab: Buffer): void {
    if (slab.length > 0) this.#add(slab, slab.length, countNewlines(slab));
  }

  #closeLong(): void {
    this.#add(Buffer.alloc(0), this.#longBytes, 1);
    this.#longBytes = 0;
  }

  #add(slab: Buffer, bytes: number, lines: number): void {
    const offset = this.#end;
    this.#end += bytes;
    this.#chunks.push({ offset, end: this.#end, slab, line: this.#nextLine });
    this.#nextLine += lines;
  }

  #chunkAt(offset: number): Chunk | undefined {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.end > offset) high = middle;
      else low = middle + 1;
    }
    const chunk = this.#chunks[low];
    return chunk === undefined || chunk.offset > offset ? undefined : chunk;
  }
}
