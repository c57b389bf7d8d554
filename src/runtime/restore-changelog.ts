/**
 * Applies a changelog to the local store: what came after the store's position, or all of it when the store cannot be
 * trusted.
 *
 *   fetch --4 MiB--> rows --write--> store        the next fetch runs while rows are being written
 *
 * Not trusted: another incarnation of the topic, a position beyond the end or before the start, and state so old that
 * deletions may have been compacted away since. A restore that becomes as old on its way begins anew: see copy-age.ts.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Clock } from '../core/clock.ts';
import type { FetchedPartition, Log, LogReader } from '../core/log.ts';
import { addRecords, RowBatch } from '../core/row-batch.ts';
import { prefixEnd, type BulkLoad, type Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import {
  encodePosition,
  positionKey,
  readPosition,
  trustedSince,
  type ChangelogPosition,
} from './changelog-position.ts';
import { CopyAge } from './copy-age.ts';

export interface RestoreProgress {
  /** Records up to the end of the changelog, as far as offsets tell. */
  readonly remaining: number;
  /** Applied since the restore began. */
  readonly records: number;
  readonly bytes: number;
}

/** A task's changelog, and where its rows go. */
export interface ChangelogCopy {
  readonly log: Log;
  readonly store: Store;
  readonly clock: Clock;
  readonly job: string;
  readonly task: string;
  readonly topic: string;
  readonly partition: number;
  /** Prefixes of all rows that may come from the changelog. */
  readonly prefixes: readonly string[];
  /** Keys of other ones. */
  readonly keys: readonly string[];
}

export interface RestoreOptions extends ChangelogCopy {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
  /** Called before a restore begins anew that has become too old. What it throws ends the restore. */
  readonly onOutdated: (error: StreamError) => void;
}

const fetchBytes = 4 * 1024 * 1024;

/** How often a restore begins that takes longer than deletions are kept. */
const mostBeginnings = 3;

/** Where a copy goes on. */
export interface CopyStart {
  readonly topicId: string;
  readonly offset: number;
  /** Of the changelog as it is now. */
  readonly end: number;
  /** False: what the store has of the task must be wiped first. */
  readonly trusted: boolean;
  readonly age: CopyAge;
}

/** Resolves with the position at the end. */
export async function restoreChangelog(options: RestoreOptions): Promise<ChangelogPosition> {
  const applied = { records: 0, bytes: 0 };
  for (let beginnings = 1; ; beginnings++) {
    const position = await restoreOnce(options, applied);
    if (position !== undefined) return position;
    const outdated = outdatedCopy(options);
    if (beginnings === mostBeginnings) throw outdated;
    options.onOutdated(outdated);
  }
}

/** What to say of a copy that is too old. */
export function outdatedCopy({ task, topic, partition }: ChangelogCopy): StreamError {
  return new StreamError('TOPIC_MISMATCH', 'reading the changelog takes longer than the topic keeps deletions', {
    task,
    topic,
    partition,
    remedy: 'Raise its delete.retention.ms: rows that were deleted meanwhile would come back.',
  });
}

// Undefined: it has become too old.
async function restoreOnce(options: RestoreOptions, applied: Applied): Promise<ChangelogPosition | undefined> {
  const { store, job, task, prefixes, keys } = options;
  const { topicId, offset, end, trusted, age } = await startOfCopy(options);
  const reader = options.log.reader();
  try {
    const load = trusted ? undefined : await store.load?.([...prefixes, ...keys, positionKey(job, task)], end - offset);
    const restore = new Restore(options, reader, { topicId, end, load, age, applied });
    try {
      if (!trusted) await wipeCopy(options);
      return await restore.run(offset);
    } finally {
      await restore.close();
    }
  } finally {
    await reader.close();
  }
}

/** Finds out how far the store is in the changelog. */
export async function startOfCopy({
  log,
  store,
  clock,
  job,
  task,
  topic,
  partition,
}: ChangelogCopy): Promise<CopyStart> {
  const [description] = await log.topics.describe([topic]);
  if (description === undefined)
    throw new StreamError('TOPIC_UNKNOWN', `changelog ${topic} does not exist`, { task, topic });
  const now = clock.now();
  const [bounds] = await log.topics.bounds([{ topic, partition }]);
  const { start, end } = bounds!;
  const { id: topicId, deletionsKeptMs } = description;
  const saved = readPosition(store, job, task);
  const since = trustedSince(now, deletionsKeptMs);
  const trusted = saved?.topicId === topicId && saved.offset <= end && saved.offset >= start && saved.at >= since;
  const offset = trusted ? saved.offset : start;
  const age = new CopyAge(trusted ? saved.at : now, end, now, deletionsKeptMs);
  age.came(offset, end, now);
  return { topicId, offset, end, trusted, age };
}

/** Deletes all rows of the task: rows without a position are those of a wipe, or of a first restore, that did not end. */
export async function wipeCopy({ store, prefixes, keys, job, task }: ChangelogCopy): Promise<void> {
  const single = [positionKey(job, task), ...keys].filter((key) => store.get(key) !== undefined);
  if (single.length > 0) {
    const rows = new RowBatch(new ByteWriter(64));
    for (const key of single) rows.delete(key);
    await store.write([rows]);
  }
  for (const from of prefixes) await store.deleteRange({ from, to: prefixEnd(from) });
}

/** Writes what was fetched, and the position it brings the store to, in one batch. */
export async function writeCopy(
  copy: ChangelogCopy,
  part: FetchedPartition | undefined,
  position: ChangelogPosition,
): Promise<void> {
  await writeRows(copy, rowsOf(part), position);
}

async function writeRows(
  { store, job, task }: ChangelogCopy,
  rows: RowBatch,
  position: ChangelogPosition,
): Promise<void> {
  rows.putBytes(positionKey(job, task), encodePosition(position));
  await store.write([rows]);
}

/** By all beginnings of a restore. */
interface Applied {
  records: number;
  bytes: number;
}

interface RestoreParts {
  readonly topicId: string;
  readonly end: number;
  readonly age: CopyAge;
  readonly applied: Applied;
  /** Takes the rows for as long as it can. There is no position before it has ended. */
  readonly load: BulkLoad | undefined;
}

class Restore {
  readonly #options: RestoreOptions;
  readonly #reader: LogReader;
  readonly #topicId: string;
  readonly #end: number;
  readonly #age: CopyAge;
  readonly #applied: Applied;
  #load: BulkLoad | undefined;

  constructor(options: RestoreOptions, reader: LogReader, { topicId, end, age, applied, load }: RestoreParts) {
    this.#options = options;
    this.#reader = reader;
    this.#topicId = topicId;
    this.#end = end;
    this.#age = age;
    this.#applied = applied;
    this.#load = load;
  }

  /** Undefined: it has become too old. */
  async run(from: number): Promise<ChangelogPosition | undefined> {
    const { clock, onProgress } = this.#options;
    let offset = from;
    let writing: Promise<unknown> = Promise.resolve();
    if (from < this.#end) onProgress({ remaining: this.#end - from, ...this.#applied });
    try {
      while (offset < this.#end) {
        const askedAt = clock.now();
        const part = await this.#fetch(offset);
        await writing; // its failure ends the restore
        if (part === undefined) continue;
        const moved = part.nextOffset !== offset;
        if (moved && this.#age.isTooOld(clock.now())) return undefined;
        this.#age.came(part.nextOffset, part.stable, part.askedAt ?? askedAt);
        if (!moved) continue; // a transaction in doubt holds it up
        offset = part.nextOffset;
        writing = this.#write(part);
        writing.catch(() => undefined); // told by the await above or below
        onProgress({ remaining: Math.max(0, this.#end - offset), ...this.#applied });
      }
      await writing;
    } finally {
      // Whoever gives up a restore may let another one begin: nothing of this one must be written later.
      await writing.catch(() => undefined);
    }
    const position = this.#position(offset);
    if (offset === from || this.#load !== undefined) {
      await this.#endLoad();
      await writeCopy(this.#options, undefined, position);
    }
    return position;
  }

  /** Nothing is written any more when this resolves. */
  async close(): Promise<void> {
    await this.#load?.abort();
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
    this.#applied.records += part.batch?.count ?? 0;
    this.#applied.bytes += part.batch?.slab.length ?? 0;
    const load = this.#load;
    const loaded = load !== undefined && (part.batch === undefined || load.add(part.batch));
    const rows = loaded ? undefined : rowsOf(part);
    if (part.batch !== undefined) this.#reader.recycle?.(part.batch); // its rows were copied
    if (rows === undefined) return load!.room();
    return this.#endLoad().then(() => writeRows(this.#options, rows, this.#position(part.nextOffset)));
  }

  async #endLoad(): Promise<void> {
    await this.#load?.finish();
    this.#load = undefined;
  }

  #position(offset: number): ChangelogPosition {
    return { topicId: this.#topicId, offset, at: this.#age.at };
  }
}

function rowsOf(part: FetchedPartition | undefined): RowBatch {
  const batch = part?.batch;
  const rows = new RowBatch(new ByteWriter(batch?.slab.length ?? 64));
  if (batch !== undefined) addRecords(rows, batch);
  return rows;
}
