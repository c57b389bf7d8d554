/**
 * The commit of a worker: one consistent cut of all its tasks.
 *
 *   1 between two slices: seal outputs, collect dirty rows and cut rows (synchronous; the next epoch may begin)
 *   2 on logs without rows: the same rows as changelog records
 *   3 outputs + changelog + offsets (+ rows) become visible together            <- the commit
 *   4 on logs without rows: rows into the local store
 *   5 tell the tasks: collected entries may be evicted
 *
 * A crash before 3 leaves nothing; between 3 and 4 the changelog holds what the store lacks.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Clock } from '../core/clock.ts';
import type { Commit, Log, MemberId, PartitionOffset, Transactor } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { StreamError } from '../core/stream-error.ts';
import { changelogTopic, type Changelog } from './changelog.ts';
import type { OutputBuffers } from './output-buffers.ts';
import type { Task, TaskId } from './task.ts';

export interface CommitterOptions {
  readonly job: string;
  readonly fingerprint: string;
  readonly log: Log;
  readonly clock: Clock;
  readonly outputs: OutputBuffers;
  /** Outputs that are changelog records; sealed with the others. */
  readonly changelogOutputs: OutputBuffers;
  readonly changelog: Changelog | undefined;
  /** Partitions of a changelog topic; undefined: the sub-topology has none, see keepsRows. */
  readonly changelogPartitions: (topic: string) => number | undefined;
}

/** The membership that a commit speaks for. */
export interface Membership {
  readonly id: MemberId;
  /** Resolves when the group has given this member a newer generation than `generation`. */
  newer(generation: number): Promise<void>;
}

export class Committer {
  readonly #options: CommitterOptions;
  /** Memory for rows, while no commit is under way: there is one at a time. */
  #spare: RowBatch | undefined;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Steps 1 and 2 run before this returns; the promise is for the rest. */
  commit(transactor: Transactor, member: Membership, tasks: readonly Task[]): Promise<void> {
    const { outputs, changelogOutputs, changelog, fingerprint } = this.#options;
    const rows = this.#spare ?? new RowBatch(new ByteWriter(256 * 1024));
    this.#spare = undefined;
    rows.clear();
    const written = new Map<TaskId, number>();
    for (const task of tasks) {
      const from = rows.count;
      const topic = changelogTopic(this.#options.job, task.subTopology.id);
      const partitions = this.#options.changelogPartitions(topic);
      if (changelog !== undefined && partitions === undefined) {
        task.collect(new RowBatch(new ByteWriter()), fingerprint); // nothing but a cut row that nobody would restore
        continue;
      }
      task.collect(rows, fingerprint);
      changelog?.note(task.id, rows);
      if (changelog === undefined || partitions === undefined) continue;
      const writer = changelogOutputs.writer(topic, partitions, true);
      changelog.append(writer, task.partition, rows, from, rows.count);
      written.set(task.id, rows.count - from);
    }
    const sealed = [...outputs.seal(), ...changelogOutputs.seal()];
    const offsets = tasks.flatMap(offsetsOf);
    return this.#finish(transactor, member, { outputs: sealed, offsets, rows }, tasks, written);
  }

  async #finish(
    transactor: Transactor,
    member: Membership,
    commit: Omit<Commit, 'member'>,
    tasks: readonly Task[],
    written: ReadonlyMap<TaskId, number>,
  ): Promise<void> {
    let at: number;
    for (;;) {
      const { id } = member;
      at = this.#options.clock.now();
      try {
        await transactor.commit({ ...commit, member: id });
        break;
      } catch (error) {
        // Nothing was committed. What this worker holds stays its own until it joins without it, so the same cut may
        // be committed under the new generation.
        if (!StreamError.is(error) || error.code !== 'REBALANCE') throw error;
        await member.newer(id.generation);
      }
    }
    if (this.#options.changelog !== undefined) await this.#options.changelog.store(commit.rows, written, at);
    for (const task of tasks) task.state.committed();
    this.#spare = commit.rows;
  }
}

function offsetsOf(task: Task): readonly PartitionOffset[] {
  return task.inputs
    .filter((input) => !input.broadcast)
    .map(({ topic, partition, position }) => ({ topic, partition, offset: position }));
}
