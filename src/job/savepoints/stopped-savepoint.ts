/**
 * Savepoint of a job whose log keeps no rows (Kafka), while none of its workers runs: what each task committed is in its
 * changelog, up to the offsets that the group has.
 *
 *   group is idle -> offsets, once no transaction can change them -> changelogs into a store of their own -> savepoint
 *                 -> group is still idle, offsets and ends of changelogs are the same: nobody committed meanwhile
 *
 * A worker that died may have left a transaction open. Reading waits for its end, at most its timeout.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { delay, type Clock } from '../../core/clock.ts';
import type { ClusterTools, Log, PartitionBounds, TopicPartition } from '../../core/log.ts';
import type { Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Manifest } from '../../plan/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import { changelogTopic, taskGraphKey } from '../../runtime/changelog.ts';
import { internalInputs } from '../../runtime/internal-inputs.ts';
import { restoreChangelog } from '../../runtime/restore-changelog.ts';
import { checkNotRestoring } from '../../runtime/restore-mark.ts';
import { taskId } from '../../runtime/task.ts';
import { openLevelStore } from '../../state/leveldb/level-store.ts';
import { levelState } from '../../state/leveldb/level-state.ts';
import { makeEmptyFolder } from '../../state/write-savepoint.ts';
import { describeTopics, internalMismatch, neededTopics, type PreparedTopics } from '../prepare-topics.ts';
import type { PrepareOptions } from '../prepare-topics.ts';
import { placesOf, savepointOf } from './savepoint.ts';
import { checkGraph } from './savepoint-part.ts';

export interface StoppedSavepoint {
  readonly plan: Plan;
  readonly log: Log;
  readonly cluster: ClusterTools;
  readonly clock: Clock;
  readonly group: string;
  readonly folder: string;
  readonly topics: PrepareOptions;
  readonly transactionTimeoutMs: number;
}

/** Changelogs that are read at the same time. */
const mostAtOnce = 4;

/** Fails with FENCED while the group has members, STATE_MISMATCH when a restore was interrupted, SAVEPOINT_INVALID when the folder is not empty or the job never ran. */
export async function stoppedSavepoint(options: StoppedSavepoint): Promise<void> {
  const { plan, log, cluster, group, folder } = options;
  const { job } = plan.graph;
  await cluster.checkIdle(group);
  await checkNotRestoring(log, job);
  await makeEmptyFolder(folder);
  const prepared = await existingTopics(options);
  const before = await stateOfLog(options, prepared);
  if (before.committed.every((offset) => offset === undefined)) throw neverRan(job, group);
  await mkdir(dirname(folder), { recursive: true });
  const scratch = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    const store = await openLevelStore(join(scratch, 'rows'));
    try {
      await readChangelogs(options, prepared, store);
      const confirm = async (): Promise<void> => {
        await cluster.checkIdle(group);
        await checkNotRestoring(log, job);
        const after = await stateOfLog(options, prepared);
        if (JSON.stringify(after) !== JSON.stringify(before)) throw ranMeanwhile(job);
      };
      await savepointOf({ plan, prepared, log, rows: levelState(store), group, folder, confirm });
    } finally {
      await store.close();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

// What is not there has nothing to save, and is not made.
async function existingTopics({ plan, log, topics: options }: StoppedSavepoint): Promise<PreparedTopics> {
  const { layout, topics } = await neededTopics(plan, log, options);
  const conflicts = topics.filter(({ conflict, spec }) => conflict && spec.internal === true);
  if (conflicts.length > 0) throw internalMismatch(plan, conflicts);
  const existing = topics.flatMap(({ spec, existing: count }) => (count === undefined ? [] : [spec.name]));
  return { layout, topics: await describeTopics(log, existing) };
}

interface LogState {
  readonly committed: readonly (number | undefined)[];
  /** Of changelogs and of what is between the stages. */
  readonly ends: readonly Pick<PartitionBounds, 'topic' | 'partition' | 'end'>[];
}

// Committed offsets that no open transaction can change any more, and where internal topics end.
async function stateOfLog(options: StoppedSavepoint, prepared: PreparedTopics): Promise<LogState> {
  const { plan, log, group, transactionTimeoutMs } = options;
  const internal = internalInputs(plan).map(({ topic }) => topic);
  const names = [...plan.inputTopics.map(({ name }) => name), ...internal];
  const transactor = await log.transactor(`${group}-savepoint`, transactionTimeoutMs);
  try {
    const committed = await transactor.committed(group, placesOf(names, prepared));
    const changelogs = changelogPlaces(plan, prepared).map(({ place }) => place);
    const bounds = await decidedBounds(options, [...changelogs, ...placesOf(internal, prepared)]);
    return { committed, ends: bounds.map(({ topic, partition, end }) => ({ topic, partition, end })) };
  } finally {
    await transactor.close();
  }
}

// The end of an open transaction is a record, too. It comes with its timeout, unless that is longer than is known here.
async function decidedBounds(
  { log, clock, transactionTimeoutMs }: StoppedSavepoint,
  places: readonly TopicPartition[],
) {
  const until = clock.monotonic() + 2 * transactionTimeoutMs;
  for (;;) {
    const bounds = await log.topics.bounds(places);
    const open = bounds.find(({ end, stable }) => stable !== end);
    if (open === undefined) return bounds;
    if (clock.monotonic() > until) {
      const { topic, partition } = open;
      throw new StreamError('LOG_UNAVAILABLE', 'a transaction stays open, and nobody can say what it will commit', {
        topic,
        partition,
        remedy: 'Wait until it has ended, or end it with `kafka-transactions.sh abort`, and try again.',
      });
    }
    await delay(clock, 250);
  }
}

function changelogPlaces(
  plan: Plan,
  prepared: PreparedTopics,
): readonly { readonly task: string; readonly place: TopicPartition }[] {
  return plan.subTopologies.flatMap(({ id }) =>
    placesOf([changelogTopic(plan.graph.job, id)], prepared).map((place) => ({
      place,
      task: taskId(id, place.partition),
    })),
  );
}

async function readChangelogs(options: StoppedSavepoint, prepared: PreparedTopics, store: Store): Promise<void> {
  const { plan, log, clock } = options;
  const { job } = plan.graph;
  const waiting = [...changelogPlaces(plan, prepared)];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { task, place } = next;
      const { signal } = new AbortController();
      await restoreChangelog({
        ...{ log, store, clock, job, task, ...place, prefixes: [], keys: [], signal },
        onProgress: () => undefined,
        onOutdated: (error) => {
          throw error; // without the rows' prefixes nothing can be wiped
        },
      });
      const graph = store.get(taskGraphKey(job, task));
      if (graph !== undefined)
        checkGraph(JSON.parse(graph.toString()) as Manifest, plan, prepared.layout, `the state of ${task}`);
    }
  };
  // All of them end before the store is closed.
  const ends = await Promise.allSettled(Array.from({ length: mostAtOnce }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

function neverRan(job: string, group: string): StreamError {
  return new StreamError('SAVEPOINT_INVALID', `group '${group}' has no positions: there is nothing to save`, {
    job,
    remedy: 'Name the group that the job runs with, or run it first.',
  });
}

function ranMeanwhile(job: string): StreamError {
  return new StreamError('SAVEPOINT_INVALID', 'the job ran while its savepoint was being taken', {
    job,
    remedy: 'Stop all its workers, and take the savepoint again into a new folder.',
  });
}
