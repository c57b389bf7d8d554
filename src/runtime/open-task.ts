/**
 * Start of a task, in this order: the predecessor is fenced (the worker opened its transactional id), committed offsets
 * are read once they are stable, the changelog is restored, state is loaded, and the cut must agree with the offsets.
 * All of it beside the worker's loop; only attaching, which replays event time through the operators, is a turn of it.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { MemberId, Transactor } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { startTime } from '../core/start-position.ts';
import { StreamError } from '../core/stream-error.ts';
import { unlessAborted } from '../core/unless-aborted.ts';
import type { ExchangeEntry } from '../operators/exchange.ts';
import type { NodeId, SourceNode } from '../graph/nodes.ts';
import { compare } from '../plan/compare.ts';
import { manifestOf, type Manifest } from '../plan/manifest.ts';
import type { SubTopology } from '../plan/plan.ts';
import { changelogTopic, type Changelog } from './changelog.ts';
import type { Cut } from './cut-row.ts';
import { redriveTopic } from './dead-letters.ts';
import type { ChangelogCopy, RestoreProgress } from './restore-changelog.ts';
import { checkNotRestoring } from './restore-mark.ts';
import { startOf } from './source-start.ts';
import { Task, type InputPlace, type TaskWorker } from './task.ts';
import type { WorkerOptions } from './worker-options.ts';

export interface OpenContext {
  readonly worker: TaskWorker;
  readonly options: WorkerOptions;
  readonly transactor: Transactor;
  readonly changelog: Changelog | undefined;
  readonly entries: Map<NodeId, ExchangeEntry[]>;
  /** The task is not wanted any more. */
  readonly signal: AbortSignal;
  readonly onRestoring: (progress: RestoreProgress) => void;
  readonly member: () => MemberId;
}

/** Opens a task: state loaded, operators built. Inputs come with `prepareTask`. */
export async function openTask(context: OpenContext, sub: SubTopology, partition: number): Promise<Task> {
  const { options, worker } = context;
  const { plan, backend, clock } = options;
  const time = { processingTime: () => clock.now(), eventTime: () => task.watermark };
  const state = backend.openTask({ job: plan.graph.job, subTopology: sub.id, partition }, time);
  const task: Task = new Task(worker, sub, partition, state);
  try {
    buildTask(context, task);
    await restoreTask(context, task);
    await state.load();
  } catch (error) {
    task.close();
    throw error;
  }
  return task;
}

// Brings the local store up to the last commit, on logs that do not keep rows.
async function restoreTask(context: OpenContext, task: Task): Promise<void> {
  const { changelog, options, signal, onRestoring } = context;
  const topic = changelogTopic(task.job, task.subTopology.id);
  if (changelog === undefined || !options.topics.has(topic)) return;
  // A commit of the former owner may still be in doubt. Once its offsets are decided no older generation can commit for
  // this task, so the changelog below holds all there will be.
  const owned = inputPlaces(context, task).filter((place) => !place.broadcast);
  await committedOffsets(context, owned);
  const { id, partition, state } = task;
  await changelog.restore({
    task: id,
    topic,
    partition,
    prefixes: state.rowPrefixes,
    signal,
    onProgress: onRestoring,
    onOutdated: ({ message }) => {
      options.listener.onWarning(`${message} The restore begins anew.`);
    },
  });
}

/** The changelog of a task that is not opened here: whose rows they are only its operators know. */
export function copyOfTask(
  context: Pick<OpenContext, 'worker' | 'options'>,
  changelog: Changelog,
  sub: SubTopology,
  partition: number,
): ChangelogCopy {
  const { options, worker } = context;
  const { plan, backend, clock } = options;
  const time = { processingTime: () => clock.now(), eventTime: () => -Infinity };
  const state = backend.openTask({ job: plan.graph.job, subTopology: sub.id, partition }, time);
  const task = new Task(worker, sub, partition, state);
  try {
    buildTask({ options, entries: new Map() }, task);
    return changelog.copyOf(task.id, changelogTopic(task.job, sub.id), partition, state.rowPrefixes);
  } finally {
    task.close();
  }
}

/** Makes the operators of a task, for the first time or after a rollback. */
export function buildTask(context: Pick<OpenContext, 'options' | 'entries'>, task: Task): void {
  const { plan, layout, settings, topics, codecOf } = context.options;
  task.build({
    plan,
    layout,
    exchange: settings.exchange,
    entries: context.entries,
    partitionsOf: (topic) => topics.get(topic)!.partitions,
    codecOf,
  });
}

/**
 * Finds out where a built task starts: at its cut, the group's offsets, or the source's start. The returned function, called
 * on the worker's turn, gives it its inputs and replays the cut.
 */
export async function prepareTask(context: OpenContext, task: Task): Promise<() => void> {
  const cut = task.readCut();
  const places = inputPlaces(context, task);
  const owned = places.filter((place) => !place.broadcast);
  const committed = await committedOffsets(context, owned);
  if (committed.includes(undefined)) await checkNotRestoring(context.options.log, task.job);
  const offsets = new Map(owned.map((place, i) => [place, committed[i]]));
  checkGraph(context, task, cut);
  const positions: number[] = [];
  try {
    for (const place of places) positions.push(await startPosition(context, task, cut, place, offsets.get(place)));
  } catch (error) {
    if (StreamError.is(error) && error.code === 'STATE_MISMATCH') await confirmMembership(context, owned, committed);
    throw error;
  }
  const stops = context.options.settings.bounded ? await stopsOf(context, task, places) : [];
  return () => {
    task.attach(places, positions, cut);
    task.inputs.forEach((input, i) => (input.stopAt = Math.max(input.position, stops[i] ?? Infinity)));
    task.restore(cut);
  };
}

// Transactions in doubt may take minutes to end: whoever does not want the task any more does not wait for them.
async function committedOffsets(
  { transactor, options, signal }: OpenContext,
  places: readonly InputPlace[],
): Promise<readonly (number | undefined)[]> {
  signal.throwIfAborted();
  return await unlessAborted(signal, transactor.committed(options.settings.group, places));
}

// The tasks may have gone to another worker while this one was restoring (or was stopped): then state and offsets were
// read at different times and a difference means nothing. Committing what is committed fails for a former member.
async function confirmMembership(
  context: OpenContext,
  places: readonly InputPlace[],
  committed: readonly (number | undefined)[],
): Promise<void> {
  const offsets = places.flatMap(({ topic, partition }, i) => {
    const offset = committed[i];
    return offset === undefined ? [] : [{ topic, partition, offset }];
  });
  const rows = new RowBatch(new ByteWriter());
  await context.transactor.commit({ outputs: [], offsets, member: context.member(), rows });
}

function inputPlaces(context: OpenContext, task: Task): readonly InputPlace[] {
  const { plan, layout, settings, topics } = context.options;
  const { subTopology, partition } = task;
  const place = (topic: string, node: NodeId, p: number, index: number, broadcast: boolean): InputPlace => ({
    topic,
    node,
    index,
    broadcast,
    partition: p,
    topicId: topics.get(topic)!.id,
  });
  const sourceTopic = (id: NodeId): string => (plan.graph.nodes.get(id) as SourceNode).topic.name;
  const places = subTopology.sources.flatMap((id) => {
    const topic = sourceTopic(id);
    return partition < topics.get(topic)!.partitions ? [place(topic, id, partition, 0, false)] : [];
  });
  for (const id of subTopology.broadcastSources) {
    const topic = sourceTopic(id);
    for (let p = 0; p < topics.get(topic)!.partitions; p++) places.push(place(topic, id, p, p, true));
  }
  if (settings.exchange === 'log') {
    for (const id of subTopology.exchangesIn) {
      const { topic } = plan.exchanges.find((exchange) => exchange.node === id)!;
      if (partition < layout.exchanges.get(id)!) places.push(place(topic, id, partition, 0, false));
    }
  }
  const redrive = redriveTopic(plan.graph.job, subTopology.id);
  if (partition < (topics.get(redrive)?.partitions ?? 0)) places.push(place(redrive, '', partition, 0, false));
  return places;
}

function checkGraph({ options, changelog }: OpenContext, task: Task, cut: Cut | undefined): void {
  if (cut === undefined || options.settings.fingerprints.has(cut.fingerprint)) return;
  const before = changelog?.graphOf(task.id);
  const now = manifestOf(options.plan.graph, { plan: options.plan, layout: options.layout });
  const changes = before === undefined ? undefined : compare(JSON.parse(before) as Manifest, now);
  const misfits = changes?.filter(({ compatible }) => !compatible);
  if (misfits?.length === 0) return;
  const reason =
    misfits === undefined
      ? 'the stored state belongs to a different set of stateful operators'
      : `the stored state does not fit this graph (${misfits.map(({ operator, change }) => `${operator}: ${change}`).join('; ')})`;
  throw new StreamError('GRAPH_CHANGED', reason, {
    job: task.job,
    task: task.id,
    remedy:
      'Run the topology it was written by, restore a savepoint into the new one, or start with an empty data folder (on Kafka: `run-topology reset`).',
  });
}

async function startPosition(
  context: OpenContext,
  task: Task,
  cut: Cut | undefined,
  place: InputPlace,
  committed: number | undefined,
): Promise<number> {
  const saved = cut?.inputs.find((input) => input.topic === place.topic && input.partition === place.partition);
  if (saved !== undefined) {
    checkAgreement(task, place, saved, committed);
    return saved.position;
  }
  if (!place.broadcast && committed !== undefined) {
    if (cut === undefined && needsState(context, task)) {
      throw mismatch(task, place, `the group is at ${String(committed)}, but there is no state`);
    }
    return committed;
  }
  return await firstPosition(context, place);
}

// With direct exchanges state is fed by the positions of other tasks: then every task has a cut once there is any.
function needsState(context: OpenContext, task: Task): boolean {
  const { plan, settings } = context.options;
  if (settings.exchange === 'log') return task.subTopology.stateful;
  return plan.subTopologies.some(({ stateful }) => stateful);
}

function checkAgreement(
  task: Task,
  place: InputPlace,
  saved: { readonly position: number; readonly topicId: string; readonly broadcast: boolean },
  committed: number | undefined,
): void {
  if (saved.topicId !== place.topicId) {
    throw mismatch(task, place, 'the topic was deleted and made again since the state was written');
  }
  if (!place.broadcast && committed !== saved.position) {
    const offset = committed === undefined ? 'no committed offset' : `at ${String(committed)}`;
    throw mismatch(task, place, `the state is at ${String(saved.position)}, the group has ${offset}`);
  }
}

function mismatch(task: Task, place: InputPlace, reason: string): StreamError {
  return new StreamError('STATE_MISMATCH', reason, {
    job: task.job,
    task: task.id,
    topic: place.topic,
    partition: place.partition,
    remedy:
      'Offsets were reset or expired, or state was lost: restore a savepoint, or reset offsets and state together.',
  });
}

async function firstPosition(context: OpenContext, place: InputPlace): Promise<number> {
  const { log, plan, settings } = context.options;
  const node = plan.graph.nodes.get(place.node);
  const start = node?.kind === 'source' ? startOf(node, settings.starts).start : 'earliest';
  if (start === 'none') {
    throw new StreamError('OFFSET_OUT_OF_RANGE', `group '${settings.group}' has no position here`, {
      job: plan.graph.job,
      operator: place.node,
      topic: place.topic,
      partition: place.partition,
      remedy: 'Say where to start: earliest, latest or a time.',
    });
  }
  const time = startTime(start, context.options.clock.now());
  if (time !== undefined) {
    const [at] = await log.topics.offsetsAt([place], time);
    return at!.offset;
  }
  const [bounds] = await log.topics.bounds([place]);
  return start === 'earliest' ? bounds!.start : bounds!.stable;
}

// Inputs of a bounded run end where their partitions end now, dead letters that were sent back too; exchanges end with
// their upstreams.
async function stopsOf(
  context: OpenContext,
  task: Task,
  places: readonly InputPlace[],
): Promise<readonly (number | undefined)[]> {
  const ending = places.filter(({ node }) => !task.operators.logEntries.has(node));
  const bounds = await context.options.log.topics.bounds(ending);
  const stable = new Map(ending.map((place, i) => [place, bounds[i]!.stable]));
  return places.map((place) => stable.get(place));
}
