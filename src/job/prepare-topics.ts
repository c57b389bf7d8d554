/** Makes sure that every topic of a job exists as the plan needs it, and lays the tasks out over their partitions. */
import { toMs } from '../core/duration.ts';
import type { Log, TopicAdmin, TopicDescription, TopicSpec } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Topic } from '../core/topic.ts';
import { layout } from '../plan/layout.ts';
import type { Layout, Plan, SubTopology } from '../plan/plan.ts';
import { changelogTopic, keepsRows } from '../runtime/changelog.ts';
import { redriveTopic } from '../runtime/dead-letters.ts';
import { checkNotRestoring } from '../runtime/restore-mark.ts';
import type { TopicInfo } from '../runtime/worker-options.ts';
import type { TopicOverrides } from './options.ts';

export interface PreparedTopics {
  readonly layout: Layout;
  /** User topics and internal ones. */
  readonly topics: ReadonlyMap<string, TopicInfo>;
}

export interface PrepareOptions {
  readonly partitions: number;
  readonly exchange: 'direct' | 'log';
  readonly replicas?: number | undefined;
  readonly overrides?: Readonly<Record<string, TopicOverrides>> | undefined;
}

/** A topic of a job, and what is there under its name. */
export interface NeededTopic {
  readonly spec: TopicSpec;
  /** Partitions of the one that exists. */
  readonly existing: number | undefined;
  /** The one that exists has too few partitions, and may get more. */
  readonly grows: boolean;
  /** The one that exists has other partitions, and the job cannot take it as it is. */
  readonly conflict: boolean;
}

export interface NeededTopics {
  readonly layout: Layout;
  readonly topics: readonly NeededTopic[];
}

/**
 * User topics that are missing get what they ask for; internal ones must match the plan exactly. Fails with TOPIC_MISMATCH,
 * and STATE_MISMATCH after a restore that was interrupted.
 */
export async function prepareTopics(plan: Plan, log: Log, options: PrepareOptions): Promise<PreparedTopics> {
  await checkNotRestoring(log, plan.graph.job);
  const { layout: tasks, topics } = await neededTopics(plan, log, options);
  const conflicts = topics.filter(({ conflict, spec }) => conflict && spec.internal === true);
  if (conflicts.length > 0) throw internalMismatch(plan, conflicts);
  const tools = log.cluster ?? log.topics;
  for (const { spec, grows } of topics) if (grows) await tools.addPartitions?.(spec.name, spec.partitions);
  await log.topics.create(topics.flatMap(({ spec, existing }) => (existing === undefined ? [spec] : [])));
  const names = topics.map(({ spec }) => spec.name);
  return { layout: tasks, topics: await describeTopics(log, names) };
}

/** What has to be known of a log. */
export interface TopicsView {
  readonly storesRows: boolean;
  readonly topics: Pick<TopicAdmin, 'describe' | 'addPartitions'>;
  readonly cluster?: unknown;
}

/** All topics of a job, each once; changes nothing. */
export async function neededTopics(plan: Plan, log: TopicsView, options: PrepareOptions): Promise<NeededTopics> {
  const { overrides = {}, partitions: fallback, replicas } = options;
  const user = new Map([...plan.inputTopics, ...plan.outputTopics].map((topic) => [topic.name, topic]));
  const exchanges = options.exchange === 'log' ? plan.exchanges.map(({ topic }) => topic) : [];
  const existing = await describeTopics(log, [...user.keys(), ...exchanges]);
  const countOf = (name: string): number | undefined => existing.get(name)?.partitions ?? overrides[name]?.partitions;
  const tasks = layout(plan, countOf, fallback);
  const own = [...user.values()].map((topic) => ({
    spec: topicSpec(topic, fallback, overrides),
    count: 'any' as const,
  }));
  const internal = internalTopics(plan, tasks, log.storesRows, options);
  const found = await describeTopics(
    log,
    internal.map(({ spec }) => spec.name),
  );
  const topics = [...own, ...internal].map(({ spec, count }) => {
    const there = (existing.get(spec.name) ?? found.get(spec.name))?.partitions;
    const asked = user.get(spec.name)?.options.partitions ?? overrides[spec.name]?.partitions;
    const wanted = count === 'any' ? asked : spec.partitions;
    const canGrow = log.cluster !== undefined || log.topics.addPartitions !== undefined;
    const grows = count === 'atLeast' && there !== undefined && there < spec.partitions && canGrow;
    const fits = there === wanted || grows || (count === 'atLeast' && there !== undefined && there > spec.partitions);
    const conflict = there !== undefined && wanted !== undefined && !fits;
    return { spec: { ...spec, replicas: spec.replicas ?? replicas }, existing: there, grows, conflict };
  });
  return { layout: tasks, topics };
}

export function internalMismatch(plan: Plan, conflicts: readonly NeededTopic[]): StreamError {
  const list = conflicts.map(
    ({ spec, existing }) => `${spec.name} has ${String(existing)} partitions and would need ${String(spec.partitions)}`,
  );
  return new StreamError('TOPIC_MISMATCH', list.join('; '), {
    job: plan.graph.job,
    topic: conflicts[0]!.spec.name,
    remedy:
      'State is spread over partitions by key, so the inputs of operators with state keep their partitions. Read a copy of the topic that has as many as before, or begin anew: `run-topology reset <job>`.',
  });
}

/** Those that exist. */
export async function describeTopics(
  log: Pick<TopicsView, 'topics'>,
  names: readonly string[],
): Promise<Map<string, TopicInfo>> {
  const found = await log.topics.describe(names);
  return new Map(found.flatMap((topic) => (topic === undefined ? [] : [[topic.name, infoOf(topic)]])));
}

function infoOf({ id, partitions, deletionsKeptMs }: TopicDescription): TopicInfo {
  return { id, partitions, ...(deletionsKeptMs === undefined ? {} : { deletionsKeptMs }) };
}

function topicSpec(
  { name, options }: Topic<unknown>,
  defaultPartitions: number,
  overrides: Readonly<Record<string, TopicOverrides>>,
): TopicSpec {
  const given = { ...options, ...overrides[name] };
  const { partitions = defaultPartitions, retention, compacted, replicas, compression } = given;
  return {
    name,
    partitions,
    retentionMs: retention === undefined ? undefined : toMs(retention, `retention of topic ${name}`),
    compacted,
    replicas,
    compression,
  };
}

interface InternalTopic {
  readonly spec: TopicSpec;
  /** Which numbers of partitions an existing one may have. */
  readonly count: 'exactly' | 'atLeast' | 'any';
}

function internalTopics(
  plan: Plan,
  tasks: Layout,
  storesRows: boolean,
  options: PrepareOptions,
): readonly InternalTopic[] {
  const { job } = plan.graph;
  const topics: InternalTopic[] = [];
  const add = (spec: TopicSpec, count: InternalTopic['count'] = 'exactly'): void => {
    topics.push({ spec, count });
  };
  if (options.exchange === 'log') {
    for (const { topic, node } of plan.exchanges) {
      add({ name: topic, partitions: tasks.exchanges.get(node)!, internal: true });
    }
  }
  for (const sub of plan.subTopologies) {
    const partitions = tasks.tasks.get(sub.id)!;
    if (!storesRows && keepsRows(plan, sub)) {
      // Without keyed state there is nothing in it but the place of each task.
      const count = sub.stateful ? 'exactly' : 'atLeast';
      add({ name: changelogTopic(job, sub.id), partitions, compacted: true, internal: true }, count);
    }
    if (plan.deadLetterTopic !== undefined && writesDeadLetters(plan, sub)) {
      add({ name: redriveTopic(job, sub.id), partitions, internal: true }, 'atLeast');
    }
  }
  if (plan.deadLetterTopic !== undefined) add({ name: plan.deadLetterTopic, partitions: 1 }, 'any');
  return topics;
}

function writesDeadLetters(plan: Plan, sub: SubTopology): boolean {
  return sub.nodes.some((id) => {
    let policy = plan.graph.nodes.get(id)!.onError;
    while (policy.kind === 'retry') policy = policy.then;
    return policy.kind === 'deadLetter';
  });
}
