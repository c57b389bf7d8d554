/**
 * The changelogs of a job on a cluster. Group and internal topics are made anew, as by `reset`: stores on other machines
 * find out by the identity of the topics.
 */
import { BatchWriter } from '../../core/batch-writer.ts';
import { ByteWriter } from '../../core/byte-writer.ts';
import { delay, type Clock } from '../../core/clock.ts';
import type { ClusterTools, Log, SealedBatch, TopicDescription, TopicSpec, Transactor } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { Row } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Plan } from '../../plan/plan.ts';
import { changelogTopic, keepsRows, taskGraphKey } from '../../runtime/changelog.ts';
import { taskId } from '../../runtime/task.ts';
import { placeOfRow, tagsOf } from '../../state/row-places.ts';
import type { StoredOperator } from '../../state/operator-meta.ts';
import type { LastRows, RestoreTarget, TaskRow } from './restore-target.ts';

export interface ChangelogTargetOptions {
  readonly plan: Plan;
  readonly log: Log;
  readonly cluster: ClusterTools;
  readonly clock: Clock;
  readonly group: string;
  readonly force: boolean;
  /** Of the savepoint. */
  readonly operators: readonly StoredOperator[];
  /** Internal topics that are there. */
  readonly existing: readonly string[];
  /** Internal topics that are needed. */
  readonly topics: readonly TopicSpec[];
  readonly transactor: () => Promise<Transactor>;
}

const writtenAtOnce = 8 * 1024 * 1024;
const deletedWithinMs = 30_000;

export class ChangelogTarget implements RestoreTarget {
  readonly #options: ChangelogTargetOptions;
  readonly #tags: ReadonlyMap<string, string>;
  readonly #writers = new Map<string, BatchWriter>();
  #bytes = 0;

  constructor(options: ChangelogTargetOptions) {
    this.#options = options;
    this.#tags = tagsOf(options.plan.graph.job, options.operators);
  }

  async check(): Promise<void> {
    const { cluster, group, force, existing, plan } = this.#options;
    if (force) return;
    await cluster.checkIdle(group);
    if (existing.length === 0 && !(await this.#hasOffsets())) return;
    const { job } = plan.graph;
    throw new StreamError(
      'SAVEPOINT_INVALID',
      `there is state of '${job}' on the cluster, or its group has positions`,
      {
        job,
        remedy: 'Replace it: --force, or force: true. Or restore into another group.',
      },
    );
  }

  async prepare(): Promise<void> {
    const { cluster, clock, log, group, force, existing, topics } = this.#options;
    await cluster.deleteGroup(group, { force });
    const old = new Set((await log.topics.describe(existing)).map((topic) => topic?.id));
    await cluster.deleteTopics(existing);
    // Brokers hear of a deletion one after the other: until then the old topic may still be what they tell of.
    const end = clock.monotonic() + deletedWithinMs;
    for (;;) {
      const made = await this.#create(topics);
      if (made.every((topic) => topic !== undefined && !old.has(topic.id))) return;
      if (clock.monotonic() > end) {
        throw new StreamError('LOG_UNAVAILABLE', 'the internal topics could not be made anew', {
          remedy: 'Restore again with --force.',
        });
      }
      await delay(clock, 100);
    }
  }

  // They went with their topics.
  async clear(): Promise<void> {}

  async write(rows: readonly Row[]): Promise<void> {
    for (const row of rows) {
      const { operator, partition } = placeOfRow(row, this.#tags);
      this.#append(this.#subTopologyOf(operator), partition, row);
      if (this.#bytes >= writtenAtOnce) await this.#flush();
    }
  }

  async last(cuts: readonly TaskRow[], graph: Buffer): Promise<LastRows> {
    await this.#flush();
    const { job } = this.#options.plan.graph;
    for (const cut of cuts) {
      const { subTopology, partition } = cut;
      if (!this.#hasChangelog(subTopology)) continue;
      this.#append(subTopology, partition, cut);
      this.#append(subTopology, partition, { key: taskGraphKey(job, taskId(subTopology, partition)), value: graph });
    }
    return { outputs: this.#sealed(), rows: new RowBatch(new ByteWriter(16)) };
  }

  #append(subTopology: string, partition: number, { key, value }: Row): void {
    const topic = changelogTopic(this.#options.plan.graph.job, subTopology);
    const name = `${topic}/${String(partition)}`;
    let writer = this.#writers.get(name);
    if (writer === undefined) {
      writer = new BatchWriter(topic, partition);
      this.#writers.set(name, writer);
    }
    const before = writer.byteLength;
    writer.appendBytes(key, value, 0, value.length, NaN);
    this.#bytes += writer.byteLength - before;
  }

  async #flush(): Promise<void> {
    const outputs = this.#sealed();
    if (outputs.length === 0) return;
    const transactor = await this.#options.transactor();
    const member = { group: this.#options.group, generation: -1, memberId: '' };
    await transactor.commit({ outputs, offsets: [], member, rows: new RowBatch(new ByteWriter(16)) });
  }

  #sealed(): readonly SealedBatch[] {
    this.#bytes = 0;
    return [...this.#writers.values()].flatMap((writer) => writer.seal() ?? []);
  }

  #subTopologyOf(operator: string): string {
    const { plan } = this.#options;
    const sub = plan.subTopologies.find(({ nodes }) => nodes.includes(operator));
    if (sub !== undefined) return sub.id;
    throw new StreamError('SAVEPOINT_INVALID', `there is state of '${operator}', which this graph lacks`, {
      job: plan.graph.job,
      operator,
    });
  }

  #hasChangelog(subTopology: string): boolean {
    const { plan } = this.#options;
    return keepsRows(
      plan,
      plan.subTopologies.find(({ id }) => id === subTopology)!,
    );
  }

  async #hasOffsets(): Promise<boolean> {
    const { plan, log, group } = this.#options;
    const topics = await log.topics.describe(plan.inputTopics.map(({ name }) => name));
    const places = topics.flatMap((topic) =>
      Array.from({ length: topic?.partitions ?? 0 }, (_, partition) => ({ topic: topic!.name, partition })),
    );
    return (await log.topics.committed(group, places)).some((offset) => offset !== undefined);
  }

  async #create(topics: readonly TopicSpec[]): Promise<readonly (TopicDescription | undefined)[]> {
    const { log } = this.#options;
    try {
      await log.topics.create(topics);
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'TOPIC_MISMATCH') throw error; // that is still the old one
    }
    return await log.topics.describe(topics.map(({ name }) => name));
  }
}
