/**
 * State on logs that do not store rows (Kafka): every row of a commit is also a record of the sub-topology's changelog,
 * inside the same transaction, so the log is the truth and the local store a cache of it.
 *
 *   commit:   changelog + outputs + offsets in one transaction, then the rows and the position into the store
 *   restore:  read committed records from the store's position to the end, apply them, then open the task
 *
 * The store's position row names topic incarnation and offset. The position is a lower bound: applying a suffix again is
 * harmless, since only committed rows are ever applied, in order. Local state is never ahead of the log.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import { bytes as bytesCodec } from '../core/codec.ts';
import type { Log, LogReader } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { prefixEnd, type Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import type { TopicWriter } from '../operators/host.ts';
import type { Plan, SubTopology } from '../plan/plan.ts';
import type { TaskId } from './task.ts';

export function changelogTopic(job: string, subTopology: string): string {
  return `${job}-${subTopology}-changelog`;
}

/**
 * Whether the tasks of a sub-topology have rows to keep. Without state and event time the group's offsets say it all, and
 * a stateless job pays for no changelog. Event time is kept also where there is no state: else a source that fell idle
 * before a crash would never know again how late it is.
 */
export function keepsRows(plan: Plan, sub: SubTopology): boolean {
  if (sub.stateful || sub.exchangesIn.length > 0) return true;
  return [...sub.sources, ...sub.broadcastSources].some((id) => {
    const node = plan.graph.nodes.get(id)!;
    return node.kind === 'source' && node.time.watermarks !== undefined;
  });
}

interface Position {
  readonly topicId: string;
  readonly offset: number;
}

/** Rows applied per store batch while restoring. */
const restoreRows = 5_000;

export class Changelog {
  readonly #log: Log;
  readonly #store: Store;
  readonly #job: string;
  readonly #positions = new Map<TaskId, Position>();

  constructor(log: Log, store: Store, job: string) {
    this.#log = log;
    this.#store = store;
    this.#job = job;
  }

  #positionKey(task: TaskId): string {
    return `~position/${this.#job}/${task}`;
  }

  /**
   * Brings the store's rows of a task up to the end of its changelog. The predecessor must have been fenced before, so
   * that the end cannot move. `owns` tells the task's rows in the store: they are wiped when they belong to another
   * incarnation of the topic or lie ahead of it.
   */
  async restore(
    task: TaskId,
    topic: string,
    partition: number,
    ownPrefixes: readonly string[],
    signal: AbortSignal,
    onProgress: (remaining: number) => void,
  ): Promise<void> {
    const [description] = await this.#log.topics.describe([topic]);
    if (description === undefined)
      throw new StreamError('TOPIC_UNKNOWN', `changelog ${topic} does not exist`, { task, topic });
    const [bounds] = await this.#log.topics.bounds([{ topic, partition }]);
    const { start, end } = bounds!;
    const saved = this.#readPosition(task);
    let offset = saved?.offset ?? start;
    if (saved !== undefined && (saved.topicId !== description.id || saved.offset > end || saved.offset < start)) {
      await this.#wipe(ownPrefixes);
      offset = start;
    }
    const reader = this.#log.reader();
    try {
      offset = await this.#apply(
        reader,
        { task, topic, partition, from: offset, end, topicId: description.id },
        signal,
        onProgress,
      );
    } finally {
      await reader.close();
    }
    this.#positions.set(task, { topicId: description.id, offset });
  }

  #readPosition(task: TaskId): Position | undefined {
    const row = this.#store.get(this.#positionKey(task));
    return row === undefined ? undefined : (JSON.parse(row.toString()) as Position);
  }

  async #wipe(prefixes: readonly string[]): Promise<void> {
    for (const from of prefixes) await this.#store.deleteRange({ from, to: prefixEnd(from) });
  }

  async #apply(
    reader: LogReader,
    at: { task: TaskId; topic: string; partition: number; from: number; end: number; topicId: string },
    signal: AbortSignal,
    onProgress: (remaining: number) => void,
  ): Promise<number> {
    let offset = at.from;
    let rows = new RowBatch(new ByteWriter(64 * 1024));
    const flush = async (): Promise<void> => {
      rows.putBytes(this.#positionKey(at.task), Buffer.from(JSON.stringify({ topicId: at.topicId, offset })));
      await this.#store.write([rows]);
      rows = new RowBatch(new ByteWriter(64 * 1024));
    };
    while (offset < at.end) {
      signal.throwIfAborted();
      const [part] = await reader.fetch({
        partitions: [{ topic: at.topic, partition: at.partition, offset }],
        partitionBytes: 4 * 1024 * 1024,
        maxWaitMs: 500,
        isolation: 'committed',
        signal,
      });
      if (part === undefined) continue;
      const { batch } = part;
      for (let i = 0; batch !== undefined && i < batch.count; i++) {
        const key = batch.slab.utf8Slice(batch.keyStarts[i], batch.keyEnds[i]);
        const start = batch.valueStarts[i]!;
        if (start < 0) rows.delete(key);
        else rows.putBytes(key, batch.slab.subarray(start, batch.valueEnds[i]));
      }
      offset = part.nextOffset;
      if (rows.count >= restoreRows) await flush();
      onProgress(Math.max(0, at.end - offset));
    }
    await flush();
    return offset;
  }

  /** Writes rows `[from, to)` of a commit as changelog records. */
  append(writer: TopicWriter, partition: number, rows: RowBatch, from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const value = rows.value(i);
      if (value === undefined) writer.writeNull(partition, rows.keys[i]!);
      else writer.write(partition, rows.keys[i]!, value, bytesCodec, NaN);
    }
  }

  /** After the transaction: the rows become local state, with the positions they bring the store to. */
  async store(rows: RowBatch, written: ReadonlyMap<TaskId, number>): Promise<void> {
    for (const [task, count] of written) {
      const before = this.#positions.get(task);
      if (before === undefined) continue;
      const position = { topicId: before.topicId, offset: before.offset + count };
      this.#positions.set(task, position);
      rows.putBytes(this.#positionKey(task), Buffer.from(JSON.stringify(position)));
    }
    await this.#store.write([rows]);
  }

  forget(task: TaskId): void {
    this.#positions.delete(task);
  }
}
