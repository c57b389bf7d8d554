/** Makes sure that every topic of a job exists as the plan needs it, and lays the tasks out over their partitions. */
import { toMs } from '../core/duration.ts';
import type { Log, TopicSpec } from '../core/log.ts';
import type { Topic } from '../core/topic.ts';
import { layout } from '../plan/layout.ts';
import type { Layout, Plan, SubTopology } from '../plan/plan.ts';
import { changelogTopic, keepsRows } from '../runtime/changelog.ts';
import { redriveTopic } from '../runtime/dead-letters.ts';
import type { TopicInfo } from '../runtime/worker-options.ts';

export interface PreparedTopics {
  readonly layout: Layout;
  /** User topics and internal ones. */
  readonly topics: ReadonlyMap<string, TopicInfo>;
}

export interface PrepareOptions {
  readonly partitions: number;
  readonly exchange: 'direct' | 'log';
}

/** User topics that are missing get what they ask for; internal ones must match the plan exactly. */
export async function prepareTopics(plan: Plan, log: Log, options: PrepareOptions): Promise<PreparedTopics> {
  const user = [...plan.inputTopics, ...plan.outputTopics];
  const existing = await describe(
    log,
    user.map(({ name }) => name),
  );
  const tasks = layout(plan, (name) => existing.get(name)?.partitions, options.partitions);
  const missing = user.filter(({ name }) => !existing.has(name)).map((topic) => topicSpec(topic, options.partitions));
  const internal = internalTopics(plan, tasks, log.storesRows, options);
  const { elastic, strict } = await splitElastic(log, internal);
  await log.topics.create([...missing, ...strict, ...elastic]);
  const names = [...new Set([...user, ...internal].map(({ name }) => name))];
  return { layout: tasks, topics: await describe(log, names) };
}

// Topics for returning dead letters may have other partition counts than the plan: they are made once and then kept.
async function splitElastic(log: Log, internal: readonly InternalTopic[]) {
  const candidates = internal.filter(({ elastic }) => elastic === true);
  const found = await describe(
    log,
    candidates.map(({ name }) => name),
  );
  return {
    elastic: candidates.filter(({ name }) => !found.has(name)),
    strict: internal.filter(({ elastic }) => elastic !== true),
  };
}

async function describe(log: Log, names: readonly string[]): Promise<Map<string, TopicInfo>> {
  const found = await log.topics.describe(names);
  return new Map(
    found.flatMap((topic) =>
      topic === undefined ? [] : [[topic.name, { id: topic.id, partitions: topic.partitions }]],
    ),
  );
}

/** What a user topic asks for when it is created. */
export function topicSpec(topic: Topic<unknown>, defaultPartitions: number): TopicSpec {
  const { partitions = defaultPartitions, retention, compacted, replicas, compression } = topic.options;
  return {
    name: topic.name,
    partitions,
    retentionMs: retention === undefined ? undefined : toMs(retention, `retention of topic ${topic.name}`),
    compacted,
    replicas,
    compression,
  };
}

interface InternalTopic extends TopicSpec {
  readonly elastic?: boolean;
}

function internalTopics(
  plan: Plan,
  tasks: Layout,
  storesRows: boolean,
  options: PrepareOptions,
): readonly InternalTopic[] {
  const { job } = plan.graph;
  const specs: InternalTopic[] = [];
  if (options.exchange === 'log') {
    for (const { topic, node } of plan.exchanges) {
      specs.push({ name: topic, partitions: tasks.exchanges.get(node)!, internal: true });
    }
  }
  for (const sub of plan.subTopologies) {
    const partitions = tasks.tasks.get(sub.id)!;
    if (!storesRows && keepsRows(plan, sub)) {
      specs.push({ name: changelogTopic(job, sub.id), partitions, compacted: true, internal: true });
    }
    if (plan.deadLetterTopic !== undefined && writesDeadLetters(plan, sub)) {
      specs.push({ name: redriveTopic(job, sub.id), partitions, internal: true, elastic: true });
    }
  }
  if (plan.deadLetterTopic !== undefined) specs.push({ name: plan.deadLetterTopic, partitions: 1 });
  return specs;
}

function writesDeadLetters(plan: Plan, sub: SubTopology): boolean {
  return sub.nodes.some((id) => {
    let policy = plan.graph.nodes.get(id)!.onError;
    while (policy.kind === 'retry') policy = policy.then;
    return policy.kind === 'deadLetter';
  });
}
