import type { Topic } from '../core/topic.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { ErrorPolicy, Graph, GraphNode, NodeId } from '../graph/nodes.ts';
import { nodeOf } from '../graph/walk.ts';
import { broadcastStepsOf, cut } from './cut.ts';
import { fingerprintOf, manifestOf } from './manifest.ts';
import type { Exchange, Plan, SubTopology } from './plan.ts';

/** The plan of a validated graph. */
export function makePlan(graph: Graph): Plan {
  const subTopologies = cut(graph).map((ids) => subTopology(graph, ids));
  const nodes = [...graph.nodes.values()];
  return Object.freeze({
    graph,
    subTopologies: Object.freeze(subTopologies),
    exchanges: Object.freeze(exchangesOf(graph, subTopologies)),
    inputTopics: Object.freeze(once(nodes.flatMap((node) => traitsOf(node).reads ?? []))),
    outputTopics: Object.freeze(once(nodes.flatMap((node) => traitsOf(node).writes ?? []))),
    deadLetterTopic: nodes.some((node) => writesDeadLetters(node.onError)) ? `${graph.job}-dlq` : undefined,
    fingerprint: fingerprintOf(manifestOf(graph)),
  });
}

function subTopology(graph: Graph, own: readonly NodeId[]): SubTopology {
  const steps = broadcastStepsOf(graph, own);
  const is = (test: (node: GraphNode) => boolean, ids = own): readonly NodeId[] =>
    Object.freeze(ids.filter((id) => test(nodeOf(graph, id))));
  const sources = is((node) => traitsOf(node).reads !== undefined);
  const stateful = is((node) => traitsOf(node).stateful);
  const inputs = own.flatMap((id) => nodeOf(graph, id).inputs);
  const exchangesIn = [...graph.nodes.keys()].filter(
    (id) => inputs.includes(id) && traitsOf(nodeOf(graph, id)).exchange,
  );
  const members = new Set([...steps, ...own]);
  return Object.freeze({
    id: (stateful[0] ?? sources[0] ?? own[0])!,
    nodes: Object.freeze([...graph.nodes.keys()].filter((id) => members.has(id))),
    sources,
    broadcastSources: is((node) => traitsOf(node).reads !== undefined, steps),
    exchangesIn: Object.freeze(exchangesIn),
    exchangesOut: is((node) => traitsOf(node).exchange),
    stateful: stateful.length > 0,
  });
}

function exchangesOf(graph: Graph, subTopologies: readonly SubTopology[]): readonly Exchange[] {
  return [...graph.nodes.values()].flatMap((node) => {
    if (node.kind !== 'repartition' || node.codec === undefined) return [];
    const from = subTopologies.find((sub) => sub.exchangesOut.includes(node.id));
    const to = subTopologies.find((sub) => sub.exchangesIn.includes(node.id));
    if (from === undefined || to === undefined) return [];
    return Object.freeze({
      node: node.id,
      topic: `${graph.job}-${node.id}`,
      from: from.id,
      to: to.id,
      codec: node.codec,
      partitions: node.partitions,
    });
  });
}

function once(topics: readonly Topic<unknown>[]): readonly Topic<unknown>[] {
  return [...new Map(topics.map((topic) => [topic.name, topic])).values()];
}

function writesDeadLetters(policy: ErrorPolicy): boolean {
  return policy.kind === 'deadLetter' || (policy.kind === 'retry' && writesDeadLetters(policy.then));
}
