import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { readBatchHeader } from '../../core/batch-format.ts';
import type { FileHandles } from './file-handles.ts';
import { logCorrupt } from './io-error.ts';
import { SegmentIndex } from './segment-index.ts';

const scanBytes = 1 << 20;

/** One file of committed batches, `<base offset>.segment`. Bytes beyond `bytes` are not committed and never read. */
export class Segment {
  readonly path: string;
  readonly base: number;
  readonly #files: FileHandles;
  #bytes: number;
  #index: SegmentIndex | undefined;
  #indexing: Promise<SegmentIndex> | undefined;

  constructor(folder: string, base: number, bytes: number, files: FileHandles) {
    this.path = join(folder, segmentName(base));
    this.base = base;
    this.#bytes = bytes;
    this.#files = files;
    if (bytes === 0) this.#index = new SegmentIndex();
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Writes behind the committed bytes; `committed` makes it part of the segment. */
  async append(batches: readonly Buffer[], sync: boolean): Promise<void> {
    const write = async (handle: FileHandle): Promise<void> => {
      let position = this.#bytes;
      let rest = batches.length === 1 ? batches[0]! : Buffer.concat(batches);
      while (rest.length > 0) {
        const { bytesWritten } = await handle.write(rest, 0, rest.length, position);
        position += bytesWritten;
        rest = rest.subarray(bytesWritten);
      }
      if (sync) await handle.datasync();
    };
    await this.#files.use(this.path, write, this.#bytes === 0);
  }

  committed(batches: readonly Buffer[]): void {
    for (const batch of batches) {
      this.#bytes += batch.length;
      this.#index?.add(batch);
    }
  }

  /** Whole checked batches, the first of which holds `offset`: about `maxBytes`, at least one. */
  async read(offset: number, maxBytes: number): Promise<Buffer> {
    const index = await this.#indexed();
    const position = index.find(offset);
    // What lies between the index entry and the wanted batch comes on top.
    let size = Math.min(this.#bytes - position, maxBytes + 8192);
    let slab = await this.#bytesAt(position, size);
    for (let at = 0; ;) {
      const header = readHeader(slab, at, this.path);
      if (header === undefined) {
        // The batch is larger than what was read. Its length is there: it precedes everything that is checked.
        const needed = Math.min(this.#bytes - position, Math.max(size * 2, at + lengthAt(slab, at)));
        if (needed <= size) throw logCorrupt(this.path, `the batch at byte ${position + at} does not end`);
        size = needed;
        slab = await this.#bytesAt(position, size);
      } else if (header.lastOffset < offset) {
        at += header.bytes;
      } else {
        return slab.subarray(at, this.#wholeUntil(slab, at, Math.max(maxBytes, header.bytes), header.baseOffset));
      }
    }
  }

  async seek(timestamp: number): Promise<number | undefined> {
    return (await this.#indexed()).seek(timestamp);
  }

  /** Fails with LOG_CORRUPT when the file is missing or shorter than what was committed. */
  async checkSize(): Promise<void> {
    if (this.#bytes === 0) return;
    const found = await stat(this.path).catch(() => undefined); // whatever hides it, the file is not there
    if (found === undefined) throw logCorrupt(this.path, `it is missing, but ${this.#bytes} bytes were committed`);
    if (found.size < this.#bytes) {
      throw logCorrupt(this.path, `it has ${found.size} bytes, but ${this.#bytes} were committed`);
    }
  }

  /** Checks the bytes of the last commit: a file that lost its tail, or has noise there, is found when it is opened. */
  async verifyTail(tail: number, end: number): Promise<void> {
    if (this.#bytes === 0) return;
    const slab = await this.#bytesAt(tail, this.#bytes - tail);
    let next = -1;
    for (let at = 0; at < slab.length;) {
      const header = readHeader(slab, at, this.path);
      if (header === undefined) break;
      next = header.lastOffset + 1;
      at += header.bytes;
    }
    if (next !== end) throw logCorrupt(this.path, `it ends at offset ${next}, but ${end} was committed`);
  }

  #wholeUntil(slab: Buffer, start: number, maxBytes: number, baseOffset: number): number {
    let next = baseOffset;
    let at = start;
    while (at < slab.length) {
      const header = readHeader(slab, at, this.path);
      if (header === undefined || at + header.bytes - start > maxBytes) break;
      if (header.baseOffset !== next)
        throw logCorrupt(this.path, `offset ${header.baseOffset} stands where ${next} belongs`);
      next = header.lastOffset + 1;
      at += header.bytes;
    }
    return at;
  }

  async #bytesAt(position: number, size: number): Promise<Buffer> {
    const slab = Buffer.allocUnsafeSlow(size);
    await this.#files.use(this.path, async (handle) => {
      for (let filled = 0; filled < size;) {
        const { bytesRead } = await handle.read(slab, filled, size - filled, position + filled);
        if (bytesRead === 0) {
          throw logCorrupt(this.path, `it has ${position + filled} bytes, but ${this.#bytes} were committed`);
        }
        filled += bytesRead;
      }
    });
    return slab;
  }

  // A segment of an earlier run is indexed when it is first read. Commits may add to it meanwhile.
  async #indexed(): Promise<SegmentIndex> {
    if (this.#index !== undefined) return this.#index;
    this.#indexing ??= this.#scan().finally(() => (this.#indexing = undefined));
    return this.#indexing;
  }

  async #scan(): Promise<SegmentIndex> {
    const index = new SegmentIndex();
    let size = scanBytes;
    while (index.end < this.#bytes) {
      const before = index.end;
      index.add(await this.#bytesAt(before, Math.min(size, this.#bytes - before)));
      if (index.end > before) size = scanBytes;
      else if (before + size < this.#bytes)
        size *= 2; // a batch larger than the piece
      else throw logCorrupt(this.path, `the batch at byte ${before} does not end`);
    }
    this.#index = index;
    return index;
  }
}

/** Names sort like the offsets. */
export function segmentName(base: number): string {
  return `${String(base).padStart(16, '0')}.segment`;
}

function lengthAt(slab: Buffer, at: number): number {
  return slab.length - at < 12 ? 0 : slab.readInt32BE(at + 8) + 12;
}

function readHeader(slab: Buffer, at: number, path: string): ReturnType<typeof readBatchHeader> {
  try {
    return readBatchHeader(slab, at, slab.length, true);
  } catch (error) {
    throw logCorrupt(path, (error as Error).message);
  }
}
