/**
 * Applies a changelog to the local store: what came after the store's position, or all of it when the store cannot be
 * trusted.
 *
 *   fetch --4 MiB--> rows --write--> store        the next fetch runs while rows are being written
 *
 * Not trusted: another incarnation of the topic, a position beyond the end or before the start, and state so old that
 * deletions may have been compacted away since.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Clock } from '../core/clock.ts';
import type { FetchedPartition, Log, LogReader } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { prefixEnd, type Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { encodePosition, positionKey, readPosition, type ChangelogPosition } from './changelog-position.ts';

export interface RestoreProgress {
  /** Records up to the end of the changelog, as far as offsets tell. */
  readonly remaining: number;
  /** Applied since the restore began. */
  readonly records: number;
  readonly bytes: number;
}

export interface RestoreOptions {
  readonly log: Log;
  readonly store: Store;
  readonly clock: Clock;
  readonly job: string;
  readonly task: string;
  readonly topic: string;
  readonly partition: number;
  /** Prefixes of all rows that may come from the changelog. */
  readonly prefixes: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

const fetchBytes = 4 * 1024 * 1024;

/** Kafka's own default of delete.retention.ms. */
const deletionsKeptMs = 24 * 3_600_000;

/** Resolves with the position at the end. */
export async function restoreChangelog(options: RestoreOptions): Promise<ChangelogPosition> {
  const { log, store, clock, job, task, topic, partition } = options;
  const [description] = await log.topics.describe([topic]);
  if (description === undefined)
    throw new StreamError('TOPIC_UNKNOWN', `changelog ${topic} does not exist`, { task, topic });
  const [bounds] = await log.topics.bounds([{ topic, partition }]);
  const { start, end } = bounds!;
  const saved = readPosition(store, job, task);
  const oldest = clock.now() - (description.deletionsKeptMs ?? deletionsKeptMs) / 2;
  const trusted =
    saved?.topicId === description.id && saved.offset <= end && saved.offset >= start && saved.at >= oldest;
  // Rows without a position are those of a wipe, or of a first restore, that did not come to its end.
  if (!trusted) for (const from of options.prefixes) await store.deleteRange({ from, to: prefixEnd(from) });
  const reader = log.reader();
  try {
    const offset = trusted ? saved.offset : start;
    return await new Restore(options, reader, description.id, end).run(offset);
  } finally {
    await reader.close();
  }
}

class Restore {
  readonly #options: RestoreOptions;
  readonly #reader: LogReader;
  readonly #topicId: string;
  readonly #end: number;
  #records = 0;
  #bytes = 0;

  constructor(options: RestoreOptions, reader: LogReader, topicId: string, end: number) {
    this.#options = options;
    this.#reader = reader;
    this.#topicId = topicId;
    this.#end = end;
  }

  async run(from: number): Promise<ChangelogPosition> {
    let offset = from;
    let writing: Promise<unknown> = Promise.resolve();
    try {
      while (offset < this.#end) {
        const part = await this.#fetch(offset);
        await writing; // its failure ends the restore
        if (part === undefined || part.nextOffset === offset) continue; // a transaction in doubt holds it up
        offset = part.nextOffset;
        writing = this.#write(part);
        writing.catch(() => undefined); // told by the await above or below
        this.#options.onProgress({
          remaining: Math.max(0, this.#end - offset),
          records: this.#records,
          bytes: this.#bytes,
        });
      }
      await writing;
    } finally {
      // Whoever gives up a restore may let another one begin: nothing of this one must be written later.
      await writing.catch(() => undefined);
    }
    const position = this.#position(offset);
    if (offset === from) await this.#store(rowsOf(undefined), position);
    return position;
  }

  async #fetch(offset: number): Promise<FetchedPartition | undefined> {
    const { topic, partition, signal } = this.#options;
    signal.throwIfAborted();
    const [part] = await this.#reader.fetch({
      partitions: [{ topic, partition, offset }],
      partitionBytes: fetchBytes,
      maxWaitMs: 500,
      isolation: 'committed',
      signal,
    });
    return part;
  }

  #write(part: FetchedPartition): Promise<void> {
    this.#records += part.batch?.count ?? 0;
    this.#bytes += part.batch?.slab.length ?? 0;
    return this.#store(rowsOf(part), this.#position(part.nextOffset));
  }

  #store(rows: RowBatch, position: ChangelogPosition): Promise<void> {
    const { store, job, task } = this.#options;
    rows.putBytes(positionKey(job, task), encodePosition(position));
    return store.write([rows]);
  }

  #position(offset: number): ChangelogPosition {
    return { topicId: this.#topicId, offset, at: this.#options.clock.now() };
  }
}

function rowsOf(part: FetchedPartition | undefined): RowBatch {
  const batch = part?.batch;
  const rows = new RowBatch(new ByteWriter(batch?.slab.length ?? 64));
  for (let i = 0; batch !== undefined && i < batch.count; i++) {
    const key = batch.slab.utf8Slice(batch.keyStarts[i], batch.keyEnds[i]);
    const start = batch.valueStarts[i]!;
    if (start < 0) rows.delete(key);
    else rows.putBytes(key, batch.slab.subarray(start, batch.valueEnds[i]));
  }
  return rows;
}
