/**
 * Partition counts, once the input topics are known. tasks(sub-topology) = the most partitions among its sources and
 * exchanges; an exchange has the partitions asked for, else those that its partners by key have, else those that its topic
 * has, else as many as tasks write into it. Sub-topologies may feed each other in a ring, so the counts grow to a fixed
 * point.
 */
import { StreamError } from '../core/stream-error.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { Graph, NodeId } from '../graph/nodes.ts';
import { nodeOf } from '../graph/walk.ts';
import type { Exchange, Layout, Plan } from './plan.ts';

/** Inputs that meet by key in one operator: all need the same count. */
interface Meeting {
  readonly operator: NodeId;
  readonly sources: readonly NodeId[];
  readonly exchanges: readonly Exchange[];
}

/**
 * `partitionsOfTopic`: of topics of users and of exchanges; undefined for a topic that does not exist yet: it gets what it
 * asks for or `defaultPartitions`.
 */
export function layout(
  plan: Plan,
  partitionsOfTopic: (name: string) => number | undefined,
  defaultPartitions: number,
): Layout {
  const { graph } = plan;
  const sourcePartitions = (id: NodeId): number => {
    const topic = traitsOf(nodeOf(graph, id)).reads!;
    return partitionsOfTopic(topic.name) ?? topic.options.partitions ?? defaultPartitions;
  };
  const meetings = meetingsOf(plan);
  const fixed = new Map(meetings.map((meeting) => [meeting, fixedCount(plan, meeting, sourcePartitions)]));

  const exchanges = new Map<NodeId, number>(plan.exchanges.map(({ node, partitions }) => [node, partitions ?? 1]));
  const tasks = new Map<string, number>();
  let before: string;
  do {
    before = [...exchanges.values()].join();
    for (const sub of plan.subTopologies) {
      const counts = [...sub.sources.map(sourcePartitions), ...sub.exchangesIn.map((id) => exchanges.get(id)!)];
      tasks.set(sub.id, Math.max(1, ...counts));
    }
    for (const meeting of meetings) {
      const writers = meeting.exchanges.map(({ from }) => tasks.get(from)!);
      const there = meeting.exchanges.flatMap(({ topic }) => partitionsOfTopic(topic) ?? []);
      const count = fixed.get(meeting) ?? Math.max(...(there.length > 0 ? there : writers));
      for (const { node } of meeting.exchanges) exchanges.set(node, count);
    }
  } while (before !== [...exchanges.values()].join());
  const sources = plan.subTopologies.flatMap((sub) => [...sub.sources, ...sub.broadcastSources]);
  return { tasks, exchanges, sources: new Map(sources.map((id) => [id, sourcePartitions(id)])) };
}

/** One meeting per operator with keyed inputs, and one per exchange into anything else. */
function meetingsOf(plan: Plan): readonly Meeting[] {
  const { graph } = plan;
  const meetings = [...graph.nodes.values()].flatMap((node) => {
    const inputs = traitsOf(node).keyedInputs.map((id) => keyOrigin(graph, id));
    const exchanges = plan.exchanges.filter((exchange) => inputs.includes(exchange.node));
    const sources = inputs.filter((id) => traitsOf(nodeOf(graph, id)).reads !== undefined);
    return inputs.length === 0 ? [] : [{ operator: node.id, sources, exchanges }];
  });
  const met = new Set(meetings.flatMap((meeting) => meeting.exchanges));
  const alone = plan.exchanges.filter((exchange) => !met.has(exchange));
  return [...meetings, ...alone.map((exchange) => ({ operator: exchange.node, sources: [], exchanges: [exchange] }))];
}

/** The exchange or source that put the records where they are: steps between forward them unchanged. */
function keyOrigin(graph: Graph, id: NodeId): NodeId {
  const node = nodeOf(graph, id);
  return traitsOf(node).forwards ? keyOrigin(graph, node.inputs[0]!) : id;
}

/** The count that sources and users demand; undefined when nobody does. */
function fixedCount(plan: Plan, meeting: Meeting, sourcePartitions: (id: NodeId) => number): number | undefined {
  const demands = [
    ...meeting.sources.map((id) => {
      const topic = traitsOf(nodeOf(plan.graph, id)).reads!.name;
      return { what: `topic '${topic}' has ${String(sourcePartitions(id))}`, count: sourcePartitions(id) };
    }),
    ...meeting.exchanges.flatMap(({ node, partitions: count }) =>
      count === undefined ? [] : { what: `'${node}' asks for ${String(count)}`, count },
    ),
  ];
  if (new Set(demands.map(({ count }) => count)).size > 1) {
    throw new StreamError(
      'TOPIC_MISMATCH',
      `inputs that meet by key need equal partition counts, but ${demands.map(({ what }) => what).join(' and ')}`,
      {
        job: plan.graph.job,
        operator: meeting.operator,
        remedy: 'Use keyBy instead of keyedByRecordKey, or give the topics the same number of partitions.',
      },
    );
  }
  return demands[0]?.count;
}
