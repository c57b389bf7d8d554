/**
 * Puts the state of a savepoint in the place of the job's own, and its group back to the positions of the savepoint.
 * Everything is checked before anything is changed.
 *
 *   1 topics     on a cluster: the job is marked, the group is deleted, internal topics are made anew
 *   2 positions  of stages with state, which has no cuts yet: a job that is started now refuses
 *   3 rows       in as many steps as they need
 *   4 the rest   in one transaction: cuts, all positions, and the records that were between the stages
 *   5 done       on a cluster: the mark goes
 *
 * Who dies on the way leaves a job that is as it was or refuses to start, and the restore can be done again. On a cluster it
 * refuses while it has the mark (runtime/restore-mark.ts), elsewhere by 2: there 1 changes nothing that it has. A member of
 * the group that was there before the mark and works on is found out before 4, which ends the restore.
 */
import { mostRecordBytes } from '../../core/batch-writer.ts';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { Clock } from '../../core/clock.ts';
import type { ClusterTools, Commit, Log, PartitionOffset, Transactor } from '../../core/log.ts';
import { RowBatch } from '../../core/row-batch.ts';
import type { Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import { manifestOf } from '../../plan/manifest.ts';
import type { Layout, Plan } from '../../plan/plan.ts';
import { decodeCut, encodeCut, type Cut } from '../../runtime/cut-row.ts';
import { internalInputs } from '../../runtime/internal-inputs.ts';
import { movedCuts } from '../../runtime/move-cuts.ts';
import { Replay } from '../../runtime/replay.ts';
import { taskId } from '../../runtime/task.ts';
import type { TopicInfo } from '../../runtime/worker-options.ts';
import { cutKey, writeCutRow } from '../../state/cut-rows.ts';
import { checkedRows } from '../../state/read-savepoint.ts';
import { CUT_ROWS } from '../../state/row-keys.ts';
import { readManifest, type SavepointManifest } from '../../state/savepoint-format.ts';
import { ChangelogTarget } from './changelog-target.ts';
import { noSavepoints } from './no-savepoints.ts';
import {
  describeTopics,
  neededTopics,
  prepareTopics,
  type NeededTopics,
  type PrepareOptions,
} from '../prepare-topics.ts';
import { checkInputs } from './restore-inputs.ts';
import type { RestoreTarget, TaskRow } from './restore-target.ts';
import type { SavepointProgress } from './savepoint-progress.ts';
import { checkGraph, exchangeOf, savepointPart, type SavepointPart } from './savepoint-part.ts';
import { placesOf } from './savepoint.ts';
import { StoreTarget } from './store-target.ts';

export interface RestoreParts {
  readonly plan: Plan;
  readonly log: Log;
  readonly cluster: ClusterTools | undefined;
  /** Undefined: rows go into changelogs. */
  readonly store: Store | undefined;
  readonly clock: Clock;
  readonly group: string;
  readonly folder: string;
  /** Replace state that the job has now. Without it such state is an error. */
  readonly force: boolean;
  /** The inputs are copies of those of the savepoint, offsets included. */
  readonly copiedTopics: boolean;
  /** Undefined exchange: as in the savepoint. */
  readonly topics: Omit<PrepareOptions, 'exchange'> & { readonly exchange: PrepareOptions['exchange'] | undefined };
  readonly transactionTimeoutMs: number;
  readonly onProgress: (progress: SavepointProgress) => void;
}

/**
 * The job must not run. Fails with SAVEPOINT_INVALID, FENCED (it runs), or GRAPH_CHANGED when the graph cannot read the
 * state.
 */
export async function restoreJob(parts: RestoreParts): Promise<void> {
  const { plan, log, group, folder, copiedTopics, transactionTimeoutMs } = parts;
  const { job } = plan.graph;
  const manifest = await readManifest(folder);
  const part = savepointPart(manifest, plan, folder);
  await checkInputs(plan, log, part, copiedTopics);
  const exchange = log.storesRows ? (parts.topics.exchange ?? exchangeOf(plan, part)) : 'log';
  const prepare = { ...parts.topics, exchange };
  const needed = await neededOf(parts, part, prepare);
  const { layout } = needed;
  checkGraph(part.graph, plan, layout);
  const savepoint = { folder, manifest };
  const mostBytes = log.storesRows ? Infinity : mostRecordBytes; // rows become records of changelogs
  const totalRows = manifest.files.reduce((sum, file) => sum + file.rows, 0);
  const tell = (phase: SavepointProgress['phase'], done = 0, bytes = 0): void => {
    parts.onProgress({ phase, rows: Math.min(done, totalRows), totalRows, bytes });
  };
  tell('checking');
  const rows = await checkedRows(savepoint, Object.fromEntries(layout.tasks), mostBytes, (checked) => {
    tell('checking', checked);
  });
  const replay = new Replay({ plan, layout, exchange, savepoint });
  await replay.check();

  let opened: Promise<Transactor> | undefined;
  const transactor = (): Promise<Transactor> => (opened ??= log.transactor(`${group}-restore`, transactionTimeoutMs));
  const commit = async (work: Partial<Commit>): Promise<void> => {
    const member = { group, generation: -1, memberId: '' };
    const nothing = { outputs: [], offsets: [], rows: new RowBatch(new ByteWriter(16)) };
    await (await transactor()).commit({ ...nothing, member, ...work });
  };
  const target = await targetOf(parts, manifest, needed, prepare, commit);
  await target.check();
  tell('clearing');
  await target.prepare();
  const places = await placesAfter(parts, part);
  const { offsets } = places;
  try {
    const early = offsets.filter(({ topic }) => feedsState(plan, exchange, topic));
    await commit({ offsets: early });
    await target.clear();
    tell('writing');
    let [written, bytes] = [0, 0];
    for await (const chunk of rows) {
      await target.write(chunk.filter(({ key }) => !key.startsWith(CUT_ROWS)));
      written += chunk.length;
      bytes += chunk.reduce((sum, { key, value }) => sum + key.length + value.length, 0);
      tell('writing', written, bytes);
    }
    tell('committing');
    const cuts = cutRows(plan, layout, exchange, manifest, part, places);
    const last = await target.last(cuts, Buffer.from(JSON.stringify(manifestOf(plan.graph, { plan, layout }))));
    for await (const batch of replay.batches()) await (await transactor()).append([batch]);
    if (!log.storesRows) await checkStandsStill(job, group, await transactor(), offsets, early);
    await commit({ ...last, offsets });
    await target.done();
  } catch (error) {
    throw StreamError.is(error) && error.code === 'REBALANCE' ? startedMeanwhile(job, error) : error;
  } finally {
    await (await opened)?.close();
  }
}

// What the plan needs. Internal topics of a cluster are made anew, with the partitions of the savepoint where nobody asks
// for others.
async function neededOf(parts: RestoreParts, part: SavepointPart, prepare: PrepareOptions): Promise<NeededTopics> {
  const { plan, log } = parts;
  if (log.storesRows) return await neededTopics(plan, log, prepare);
  const user = new Set([...plan.inputTopics, ...plan.outputTopics].map(({ name }) => name));
  const then = (name: string) => {
    const topic = part.topics?.[name];
    if (topic === undefined) return undefined;
    return { name, ...topic, retentionMs: undefined, compacted: false, internal: true };
  };
  const describe = async (names: readonly string[]) => {
    const found = await log.topics.describe(names);
    return names.map((name, i) => (user.has(name) ? found[i] : then(name)));
  };
  return await neededTopics(plan, { storesRows: false, topics: { describe } }, prepare);
}

async function targetOf(
  parts: RestoreParts,
  { operators }: SavepointManifest,
  needed: NeededTopics,
  prepare: PrepareOptions,
  commit: (work: Partial<Commit>) => Promise<void>,
): Promise<RestoreTarget> {
  const { plan, log, cluster, store, clock, group, force } = parts;
  const { job } = plan.graph;
  if (log.storesRows) {
    if (store === undefined) {
      throw new StreamError('UNSUPPORTED', 'a savepoint cannot be restored into state in memory', {
        job,
        remedy: 'Use leveldb().',
      });
    }
    return new StoreTarget({ store, job, force, prepareTopics: () => prepareTopics(plan, log, prepare) });
  }
  if (cluster === undefined) throw noSavepoints(job, log.kind);
  const topics = needed.topics.flatMap(({ spec }) => (spec.internal === true ? [spec] : []));
  const existing = await describeTopics(
    log,
    topics.map(({ name }) => name),
  );
  const names = [...existing.keys()];
  return new ChangelogTarget({
    plan,
    log,
    cluster,
    clock,
    group,
    force,
    operators,
    existing: names,
    topics,
    replicas: prepare.replicas,
    commit,
  });
}

interface Places {
  readonly offsets: readonly PartitionOffset[];
  readonly topics: ReadonlyMap<string, TopicInfo>;
}

/** Positions of all inputs: those of the savepoint, and the ends of internal topics, where their records are put. */
async function placesAfter({ plan, log }: RestoreParts, part: SavepointPart): Promise<Places> {
  const inputs = new Set(plan.inputTopics.map(({ name }) => name));
  const internal = internalInputs(plan).map(({ topic }) => topic);
  const topics = await describeTopics(log, [...inputs, ...internal]);
  const ends = (await log.topics.bounds(placesOf(internal, { topics }))).map(({ topic, partition, end }) => ({
    topic,
    partition,
    offset: end,
  }));
  return { topics, offsets: [...part.offsets.filter(({ topic }) => inputs.has(topic)), ...ends] };
}

// With direct exchanges all positions are of stages with state: see runtime/open-task.ts.
function feedsState(plan: Plan, exchange: 'direct' | 'log', topic: string): boolean {
  if (exchange === 'direct') return plan.subTopologies.some(({ stateful }) => stateful);
  const internal = internalInputs(plan).filter((input) => input.topic === topic);
  return plan.subTopologies.some(({ id, stateful, sources }) => {
    const node = (source: string) => plan.graph.nodes.get(source);
    const reads = sources.some((source) => {
      const found = node(source);
      return found?.kind === 'source' && found.topic.name === topic;
    });
    return stateful && (reads || internal.some(({ subTopology }) => subTopology === id));
  });
}

function cutRows(
  plan: Plan,
  layout: Layout,
  exchange: 'direct' | 'log',
  manifest: SavepointManifest,
  part: SavepointPart,
  { offsets, topics }: Places,
): readonly TaskRow[] {
  const { job } = plan.graph;
  const cuts = new Map<string, Map<number, Cut>>();
  for (const { subTopology, partition, cut } of manifest.cuts) {
    const tasks = cuts.get(subTopology) ?? new Map<number, Cut>();
    const task = taskId(subTopology, partition);
    cuts.set(subTopology, tasks.set(partition, decodeCut(Buffer.from(cut, 'base64'), task)));
  }
  // Format 1 knows topics by its cuts only; whether they are the same is then found out by the start of the job.
  const old = [...cuts.values()].flatMap((tasks) => [...tasks.values()]).flatMap(({ inputs }) => inputs);
  const idThen = new Map(part.topics === undefined ? old.map(({ topic, topicId }) => [topic, topicId]) : []);
  const topicIdOf = (topic: string): string | undefined => idThen.get(topic) ?? topics.get(topic)?.id;
  const positions = new Map(offsets.map(({ topic, partition, offset }) => [`${topic}/${String(partition)}`, offset]));
  const placeOf = (topic: string, partition: number) => {
    const position = positions.get(`${topic}/${String(partition)}`);
    const topicId = topicIdOf(topic);
    return position === undefined || topicId === undefined ? undefined : { position, topicId };
  };
  const moved = movedCuts({ plan, layout, exchange, cuts, tasksThen: manifest.partitions, placeOf, topicIdOf });
  return moved.map(({ subTopology, partition, cut }) => {
    const address = { job, subTopology, partition };
    const out = new ByteWriter(256);
    writeCutRow(out, address, encodeCut(cut));
    return { subTopology, partition, key: cutKey(address), value: out.take() };
  });
}

/** Fails with FENCED when the group has other positions than those of step 2. */
async function checkStandsStill(
  job: string,
  group: string,
  transactor: Transactor,
  places: readonly PartitionOffset[],
  early: readonly PartitionOffset[],
): Promise<void> {
  const expected = new Map(early.map(({ topic, partition, offset }) => [`${topic}/${String(partition)}`, offset]));
  const committed = await transactor.committed(group, places);
  const moved = places.some(
    ({ topic, partition }, i) => committed[i] !== expected.get(`${topic}/${String(partition)}`),
  );
  if (moved) throw startedMeanwhile(job, undefined);
}

function startedMeanwhile(job: string, cause: StreamError | undefined): StreamError {
  return new StreamError('FENCED', 'the job was started while its savepoint was being restored', {
    job,
    cause,
    reaction: 'fail-job',
    remedy: 'Stop it and restore again, with --force.',
  });
}
