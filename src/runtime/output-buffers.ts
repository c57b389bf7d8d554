/** Outputs of a worker since the last commit: one batch writer per partition written to. */
import { BatchWriter } from '../core/batch-writer.ts';
import type { Codec } from '../core/codec.ts';
import type { Log, SealedBatch } from '../core/log.ts';
import type { RowBatch } from '../core/row-batch.ts';
import type { Cursor } from '../operators/cursor.ts';
import type { TopicWriter } from '../operators/host.ts';

type LogTraits = Pick<Log, 'writesChecksums' | 'timesRecords'>;

export class OutputBuffers {
  /** Records since the last seal. */
  count = 0;
  /** Records for users since the start, for status and metrics: internal topics do not count. */
  total = 0;
  readonly #cursor: Cursor;
  readonly #log: LogTraits;
  readonly #topics = new Map<string, TopicOutput>();

  constructor(cursor: Cursor, log: LogTraits) {
    this.#cursor = cursor;
    this.#log = log;
  }

  writer(topic: string, partitions: number, internal: boolean): TopicWriter {
    let output = this.#topics.get(topic);
    if (output === undefined) {
      output = new TopicOutput(this, this.#cursor, { topic, partitions, internal, log: this.#log });
      this.#topics.set(topic, output);
    }
    return output;
  }

  get byteLength(): number {
    let size = 0;
    for (const topic of this.#topics.values()) size += topic.byteLength;
    return size;
  }

  /** Everything written since the last call, sealed. */
  seal(): readonly SealedBatch[] {
    this.count = 0;
    return [...this.#topics.values()].flatMap((topic) => topic.seal());
  }

  /** Forgets everything since the last seal. */
  clear(): void {
    this.count = 0;
    for (const topic of this.#topics.values()) topic.clear();
  }
}

interface OutputOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly internal: boolean;
  readonly log: LogTraits;
}

class TopicOutput implements TopicWriter {
  readonly partitions: number;
  readonly timed: boolean;
  readonly #buffers: OutputBuffers;
  readonly #cursor: Cursor;
  readonly #writers: readonly BatchWriter[];
  readonly #internal: boolean;

  constructor(buffers: OutputBuffers, cursor: Cursor, { topic, partitions, internal, log }: OutputOptions) {
    this.#internal = internal;
    this.timed = !internal && log.timesRecords === true;
    const checksums = log.writesChecksums !== true;
    this.partitions = partitions;
    this.#buffers = buffers;
    this.#cursor = cursor;
    this.#writers = Array.from(
      { length: partitions },
      (_, partition) => new BatchWriter(topic, partition, { checksums }),
    );
  }

  get byteLength(): number {
    let size = 0;
    for (const writer of this.#writers) size += writer.byteLength;
    return size;
  }

  write(partition: number, key: string | null, value: unknown, codec: Codec<unknown>, timestamp: number): void {
    const cursor = this.#cursor;
    const writer = this.#writers[partition]!;
    if (value === cursor.raw && codec === cursor.rawCodec) {
      writer.appendBytes(key, cursor.rawSlab, cursor.rawStart, cursor.rawEnd, timestamp, cursor.trace);
    } else {
      writer.append(key, codec, value, timestamp, cursor.trace);
    }
    this.#buffers.count++;
    if (!this.#internal) this.#buffers.total++;
  }

  writeRow(partition: number, rows: RowBatch, row: number): void {
    const writer = this.#writers[partition]!;
    writer.appendBytes(rows.keyBytes(row), rows.values.buffer, rows.starts[row]!, rows.ends[row]!, NaN);
    this.#buffers.count++;
  }

  seal(): readonly SealedBatch[] {
    return this.#writers.flatMap((writer) => writer.seal() ?? []);
  }

  clear(): void {
    for (const writer of this.#writers) writer.clear();
  }
}
