/** The lines of a regular file, as it was long when it was opened. Nothing is kept in memory but the numbers of some lines. */
import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { FetchedPartition } from '../../core/log.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import { StreamError } from '../../core/stream-error.ts';
import { fileError } from './file-error.ts';
import { outOfRange, type LineInput, type LineSource } from './line-input.ts';
import { batchOfLines, batchOfLongLine, countNewlines, scanLines } from './scan-lines.ts';

/** Bytes read at a time, unless a line is longer. */
const chunkBytes = 1024 * 1024;
const leastChunkBytes = 64 * 1024;

const newline = 0x0a;

/** A line number is kept for about every so many bytes. */
const markEveryBytes = 256 * 1024;

interface Mark {
  readonly offset: number;
  readonly line: number;
}

export class FileInput implements LineInput {
  readonly #source: LineSource;
  readonly #handle: FileHandle;
  readonly #size: number;
  /** Known beginnings of lines, ascending. */
  readonly #marks: Mark[] = [{ offset: 0, line: 1 }];
  /** The line after the last one read in order, and the one last asked for. */
  #front: Mark = { offset: 0, line: 1 };
  #asked: Mark = { offset: 0, line: 1 };

  private constructor(source: LineSource, handle: FileHandle, size: number) {
    this.#source = source;
    this.#handle = handle;
    this.#size = size;
  }

  static async open(source: LineSource): Promise<FileInput> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(source.name, 'r');
      return new FileInput(source, handle, (await handle.stat()).size);
    } catch (error) {
      await handle?.close();
      throw fileError(error, source.name);
    }
  }

  bounds(): { start: number; end: number } {
    return { start: 0, end: this.#size };
  }

  async read(offset: number, maxBytes: number): Promise<FetchedPartition> {
    const { topic, maxLineBytes } = this.#source;
    const size = this.#size;
    if (offset < 0 || offset > size) throw outOfRange(this.#source, offset, 0, size);
    let bytes = Math.min(chunkBytes, Math.max(leastChunkBytes, maxBytes), size - offset);
    for (;;) {
      const slab = Buffer.allocUnsafeSlow(bytes);
      await this.#fill(slab, offset);
      const found = scanLines(slab, bytes, { base: offset, last: offset + bytes === size, maxBytes, maxLineBytes });
      if (found.bytes > 0 || bytes === 0) {
        this.#mark(offset, offset + found.bytes, found.lines);
        return this.#answer(batchOfLines(topic, slab, found, offset), offset + found.bytes);
      }
      if (bytes > maxLineBytes) {
        const next = await this.#lineAfter(offset + bytes);
        this.#mark(offset, next, 1);
        return this.#answer(batchOfLongLine(topic, offset, next), next);
      }
      bytes = Math.min(bytes * 4, maxLineBytes + 1, size - offset);
    }
  }

  whenMore(): () => void {
    return () => undefined; // everything there is can be read at once
  }

  release(): void {
    // The file keeps its lines.
  }

  lineOf(offset: number): number {
    const asked = this.#asked.offset <= offset ? this.#asked : this.#markBefore(offset);
    const near = this.#front.offset <= offset ? this.#front : this.#markBefore(offset);
    let { offset: at, line } = near.offset > asked.offset ? near : asked;
    const bytes = Buffer.allocUnsafe(Math.min(chunkBytes, offset - at));
    while (at < offset) {
      const count = readSync(this.#handle.fd, bytes, 0, Math.min(bytes.length, offset - at), at);
      if (count === 0) break; // cut off since: the last line there is
      line += countNewlines(bytes.subarray(0, count));
      at += count;
    }
    this.#asked = { offset, line };
    return line;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #answer(batch: RecordBatch | undefined, nextOffset: number): FetchedPartition {
    const end = this.#size;
    const ended = nextOffset === end ? { ended: true } : {};
    return { topic: this.#source.topic, partition: 0, batch, nextOffset, end, stable: end, ...ended };
  }

  /** Offset behind the next newline, else the end. */
  async #lineAfter(offset: number): Promise<number> {
    for (let at = offset; at < this.#size; at += chunkBytes) {
      const bytes = Buffer.allocUnsafe(Math.min(chunkBytes, this.#size - at));
      await this.#fill(bytes, at);
      const found = bytes.indexOf(newline);
      if (found >= 0) return at + found + 1;
    }
    return this.#size;
  }

  async #fill(slab: Buffer, offset: number): Promise<void> {
    const { name, topic } = this.#source;
    for (let at = 0; at < slab.length;) {
      let count: number;
      try {
        ({ bytesRead: count } = await this.#handle.read(slab, at, slab.length - at, offset + at));
      } catch (error) {
        throw fileError(error, name);
      }
      if (count === 0) throw new StreamError('IO_FAILED', `${name} became shorter while it was read`, { topic });
      at += count;
    }
  }

  #mark(from: number, to: number, lines: number): void {
    if (from !== this.#front.offset) return; // read again, or from the middle on
    this.#front = { offset: to, line: this.#front.line + lines };
    if (to - this.#marks.at(-1)!.offset >= markEveryBytes) this.#marks.push(this.#front);
  }

  #markBefore(offset: number): Mark {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#marks[middle]!.offset <= offset) low = middle;
      else high = middle - 1;
    }
    return this.#marks[low]!;
  }
}
