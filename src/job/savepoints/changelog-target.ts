/**
 * The changelogs of a job on a cluster. Group and internal topics are made anew, as by `reset`: stores on other machines
 * find out by the identity of the topics. A topic marks the job meanwhile: see runtime/restore-mark.ts.
 */
import { delay, type Clock } from '../../core/clock.ts';
import type { ClusterTools, Commit, Log, SealedBatch, TopicDescription, TopicSpec } from '../../core/log.ts';
import { PartitionWriters } from '../../core/partition-writers.ts';
import type { Row } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Plan } from '../../plan/plan.ts';
import { changelogTopic, keepsRows, taskGraphKey } from '../../runtime/changelog.ts';
import { restoringTopic } from '../../runtime/restore-mark.ts';
import { taskId } from '../../runtime/task.ts';
import { placeOfRow, tagsOf } from '../../state/row-places.ts';
import type { StoredOperator } from '../../state/operator-meta.ts';
import { describeTopics } from '../prepare-topics.ts';
import type { RestoreTarget, TaskRow } from './restore-target.ts';
import { placesOf } from './savepoint.ts';

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
  readonly replicas: number | undefined;
  /** Commits a part of the restore. */
  readonly commit: (part: Partial<Commit>) => Promise<void>;
}

const writtenAtOnce = 8 * 1024 * 1024;
const deletedWithinMs = 30_000;

export class ChangelogTarget implements RestoreTarget {
  readonly #options: ChangelogTargetOptions;
  readonly #tags: ReadonlyMap<string, string>;
  readonly #writers = new PartitionWriters();
  /** By operator, the sub-topology that it is in. */
  readonly #homes: ReadonlyMap<string, string>;
  #bytes = 0;

  constructor(options: ChangelogTargetOptions) {
    this.#options = options;
    const { plan, operators } = options;
    this.#tags = tagsOf(plan.graph.job, operators);
    this.#homes = new Map(plan.subTopologies.flatMap(({ id, nodes }) => nodes.map((node) => [node, id] as const)));
  }

  async check(): Promise<void> {
    const { cluster, group, force, existing } = this.#options;
    if (force) return;
    await cluster.checkIdle(group);
    if (await this.#isMarked()) {
      throw this.#occupied(
        `a restore of '${this.#job}' was interrupted, or is under way`,
        'Do it again: --force, or force: true.',
      );
    }
    if (existing.length === 0 && !(await this.#hasOffsets())) return;
    throw this.#occupied(
      `there is state of '${this.#job}' on the cluster, or its group has positions`,
      'Replace it: --force, or force: true. Or restore into another group.',
    );
  }

  async prepare(): Promise<void> {
    const { clock, cluster, log, existing, topics } = this.#options;
    await this.#begin();
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
      this.#append(this.#homeOf(operator), partition, row);
      if (this.#bytes >= writtenAtOnce) await this.#flush();
    }
  }

  async last(cuts: readonly TaskRow[], graph: Buffer): Promise<Partial<Commit>> {
    await this.#flush();
    for (const cut of cuts) {
      const { subTopology, partition } = cut;
      if (!this.#hasChangelog(subTopology)) continue;
      this.#append(subTopology, partition, cut);
      this.#append(subTopology, partition, {
        key: taskGraphKey(this.#job, taskId(subTopology, partition)),
        value: graph,
      });
    }
    return { outputs: this.#sealed() };
  }

  async done(): Promise<void> {
    await this.#options.cluster.deleteTopics([restoringTopic(this.#job)]);
  }

  get #job(): string {
    return this.#options.plan.graph.job;
  }

  async #isMarked(): Promise<boolean> {
    const [mark] = await this.#options.log.topics.describe([restoringTopic(this.#job)]);
    return mark !== undefined;
  }

  #occupied(reason: string, remedy: string): StreamError {
    return new StreamError('SAVEPOINT_INVALID', reason, { job: this.#job, remedy });
  }

  // The mark is there before anything is deleted.
  async #begin(): Promise<void> {
    const { cluster, log, group, force, replicas } = this.#options;
    const mark = restoringTopic(this.#job);
    const marked = await this.#isMarked();
    await log.topics.create([{ name: mark, partitions: 1, replicas }]);
    try {
      await cluster.deleteGroup(group, { force });
    } catch (error) {
      // The job runs: nothing of it was touched.
      if (!marked && StreamError.is(error) && error.code === 'FENCED') await cluster.deleteTopics([mark]);
      throw error;
    }
  }

  #append(subTopology: string, partition: number, { key, value }: Row): void {
    const topic = changelogTopic(this.#job, subTopology);
    const writer = this.#writers.of(topic, partition);
    const before = writer.byteLength;
    writer.appendBytes(key, value, 0, value.length, NaN);
    this.#bytes += writer.byteLength - before;
  }

  async #flush(): Promise<void> {
    const outputs = this.#sealed();
    if (outputs.length > 0) await this.#options.commit({ outputs });
  }

  #sealed(): readonly SealedBatch[] {
    this.#bytes = 0;
    return this.#writers.seal();
  }

  #homeOf(operator: string): string {
    const home = this.#homes.get(operator);
    if (home !== undefined) return home;
    throw new StreamError('SAVEPOINT_INVALID', `there is state of '${operator}', which this graph lacks`, {
      job: this.#job,
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
    const names = plan.inputTopics.map(({ name }) => name);
    const places = placesOf(names, { topics: await describeTopics(log, names) });
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
