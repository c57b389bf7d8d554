/**
 * Numbered rows of a task (calls in flight), wholly in memory:
 *   key <prefix><sequence, 9 characters>   value: header | codec bytes
 */
import { ByteReader } from '../core/byte-reader.ts';
import type { Codec } from '../core/codec.ts';
import type { RowBatch } from '../core/row-batch.ts';
import { prefixEnd } from '../core/store.ts';
import type { TaskRows } from './backend.ts';
import { keyPart } from './row-keys.ts';
import { readHeader, writeHeader } from './row-value.ts';
import type { TaskContext } from './task-context.ts';
import { parseTime, timeText } from './time-text.ts';
import type { Undoable } from './undo-log.ts';

export class TaskRowTable<T> implements TaskRows<T>, Undoable {
  readonly prefix: string;
  readonly #codec: Codec<T>;
  readonly #context: TaskContext;
  #rows = new Map<number, T>();
  #touched = new Set<number>();
  /** `#rows` is in ascending order of sequence. */
  #ordered = true;
  #last = -Infinity;

  constructor(prefix: string, codec: Codec<T>, context: TaskContext) {
    this.prefix = prefix;
    this.#codec = codec;
    this.#context = context;
  }

  get size(): number {
    return this.#rows.size;
  }

  get dirtyBytes(): number {
    return this.#touched.size * 256;
  }

  set(sequence: number, value: T): void {
    this.#touch(sequence);
    this.#put(sequence, value);
  }

  delete(sequence: number): void {
    if (!this.#rows.has(sequence)) return;
    this.#touch(sequence);
    this.#rows.delete(sequence);
  }

  entries(): IterableIterator<[number, T]> {
    if (!this.#ordered) {
      this.#rows = new Map([...this.#rows].sort(([a], [b]) => a - b));
      this.#ordered = true;
    }
    return this.#rows.entries();
  }

  async load(): Promise<void> {
    const { store } = this.#context;
    if (store === undefined) return;
    this.#rows = new Map();
    this.#last = -Infinity;
    for await (const rows of store.scan({ from: this.prefix, to: prefixEnd(this.prefix) })) {
      for (const { key, value } of rows) {
        const reader = new ByteReader(value);
        const { version } = readHeader(reader);
        const decoded = this.#codec.decode(reader.buffer, reader.position, reader.end, version);
        this.#put(parseTime(keyPart(key)).time, decoded);
      }
    }
  }

  collect(rows: RowBatch): void {
    if (this.#context.durable) {
      for (const sequence of this.#touched) {
        const key = this.prefix + timeText(sequence);
        const value = this.#rows.get(sequence);
        if (value === undefined) {
          rows.delete(key);
          continue;
        }
        const start = rows.values.length;
        writeHeader(rows.values, this.#codec.version, Infinity);
        this.#codec.encode(value, rows.values);
        rows.close(key, start);
      }
    }
    this.#touched = new Set();
  }

  rollback(): void {
    this.#touched = new Set();
  }

  copyTo(other: TaskRowTable<T>): void {
    for (const sequence of [...other.#rows.keys()]) if (!this.#rows.has(sequence)) other.delete(sequence);
    for (const [sequence, value] of this.entries()) other.set(sequence, value);
  }

  undo(item: unknown, old: unknown): void {
    if (old === undefined) this.#rows.delete(item as number);
    else this.#put(item as number, old as T);
  }

  #put(sequence: number, value: T): void {
    if (sequence < this.#last && !this.#rows.has(sequence)) this.#ordered = false;
    if (sequence > this.#last) this.#last = sequence;
    this.#rows.set(sequence, value);
  }

  #touch(sequence: number): void {
    if (this.#touched.has(sequence)) return;
    this.#touched.add(sequence);
    const { undo } = this.#context.epochs;
    if (undo.active) undo.push(this, sequence, this.#rows.get(sequence));
  }
}
