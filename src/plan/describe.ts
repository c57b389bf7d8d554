import type { Codec } from '../core/codec.ts';
import type { Topic } from '../core/topic.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { ErrorPolicy, GraphNode } from '../graph/nodes.ts';
import { nodeOf } from '../graph/walk.ts';
import { manifestOf, type StateManifest } from './manifest.ts';
import type { Plan } from './plan.ts';

/** A codec or contract: `DetectionResult v2`. */
type CodecName = string;

export interface NodeDescription {
  readonly id: string;
  readonly kind: string;
  /** The word of the method that made it: map, reduce, process... */
  readonly label: string;
  readonly inputs: readonly string[];
  /** Topic read or written. */
  readonly topic?: string;
  readonly codec?: CodecName;
  readonly state: readonly StateManifest[];
  readonly sideOutputs: Readonly<Record<string, CodecName>>;
  readonly onError: string;
}

export interface TopicDescription {
  readonly name: string;
  readonly use: 'input' | 'broadcast' | 'output' | 'exchange' | 'deadLetters';
  readonly codec?: CodecName;
  readonly partitions?: number;
  readonly compacted?: true;
}

/** A plan as plain JSON: equal plans give equal text. */
export interface Description {
  readonly job: string;
  readonly fingerprint: string;
  /** Sorted by name. */
  readonly topics: readonly TopicDescription[];
  readonly subTopologies: readonly {
    readonly id: string;
    readonly stateful: boolean;
    /** In topological order. */
    readonly nodes: readonly NodeDescription[];
  }[];
  readonly exchanges: readonly {
    readonly id: string;
    readonly topic: string;
    readonly from: string;
    readonly to: string;
    readonly codec: CodecName;
    readonly partitions?: number;
  }[];
}

export function describe(plan: Plan): Description {
  const { graph } = plan;
  const states = new Map(manifestOf(graph).operators.map(({ id, state }) => [id, state]));
  return {
    job: graph.job,
    fingerprint: plan.fingerprint,
    topics: topics(plan),
    subTopologies: plan.subTopologies.map(({ id, stateful, nodes }) => ({
      id,
      stateful,
      nodes: nodes.map((node) => nodeDescription(nodeOf(graph, node), states.get(node) ?? [])),
    })),
    exchanges: plan.exchanges.map(({ node, topic, from, to, codec, partitions }) => ({
      id: node,
      topic,
      from,
      to,
      codec: nameOf(codec),
      ...(partitions === undefined ? {} : { partitions }),
    })),
  };
}

function nodeDescription(node: GraphNode, state: readonly StateManifest[]): NodeDescription {
  const { label, reads, writes, sideOutputs } = traitsOf(node);
  const topic = (reads ?? writes)?.name;
  return {
    id: node.id,
    kind: node.kind,
    label,
    inputs: node.inputs,
    ...(topic === undefined ? {} : { topic }),
    ...(node.codec === undefined ? {} : { codec: nameOf(node.codec) }),
    state,
    sideOutputs: Object.fromEntries(
      Object.entries(sideOutputs)
        .map(([name, codec]) => [name, nameOf(codec)] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    onError: policyName(node.onError),
  };
}

function topics(plan: Plan): readonly TopicDescription[] {
  const broadcast = plan.subTopologies
    .flatMap(({ broadcastSources }) => broadcastSources)
    .map((id) => traitsOf(nodeOf(plan.graph, id)).reads?.name);
  const list: TopicDescription[] = [
    ...plan.inputTopics.map((topic) => topicDescription(topic, broadcast.includes(topic.name) ? 'broadcast' : 'input')),
    ...plan.outputTopics.map((topic) => topicDescription(topic, 'output')),
    ...plan.exchanges.map(({ topic, codec, partitions }) => ({
      name: topic,
      use: 'exchange' as const,
      codec: nameOf(codec),
      ...(partitions === undefined ? {} : { partitions }),
    })),
    ...(plan.deadLetterTopic === undefined ? [] : [{ name: plan.deadLetterTopic, use: 'deadLetters' as const }]),
  ];
  return list.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function topicDescription({ name, codec, options }: Topic<unknown>, use: TopicDescription['use']): TopicDescription {
  const { partitions, compacted } = options;
  return {
    name,
    use,
    codec: nameOf(codec),
    ...(partitions === undefined ? {} : { partitions }),
    ...(compacted === true ? { compacted } : {}),
  };
}

function nameOf({ name, version }: Codec<unknown>): CodecName {
  return `${name} v${String(version)}`;
}

function policyName(policy: ErrorPolicy): string {
  return policy.kind === 'retry' ? `retry ${String(policy.attempts)}, then ${policyName(policy.then)}` : policy.kind;
}
