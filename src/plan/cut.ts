/**
 * Cuts a graph at its exchanges. Two nodes are in one sub-topology when a record can pass between them without an
 * exchange; a repartition node stays with those who write into it. Broadcast inputs glue nothing together: each
 * sub-topology that needs one gets its own copy of the steps.
 */
import { traitsOf } from '../graph/node-traits.ts';
import type { Graph, NodeId } from '../graph/nodes.ts';
import { broadcastNodes, nodeOf, upstreamOf } from '../graph/walk.ts';

/** Node ids of each sub-topology in topological order, without its broadcast steps. Ordered by their first nodes. */
export function cut(graph: Graph): readonly (readonly NodeId[])[] {
  const everywhere = broadcastNodes(graph);
  const groupOf = new Map<NodeId, Set<NodeId>>();
  const readerOf = new Map<NodeId, NodeId>();

  const join = (a: NodeId, b: NodeId): void => {
    const into = groupOf.get(a)!;
    const from = groupOf.get(b)!;
    if (into === from) return;
    for (const id of from) {
      into.add(id);
      groupOf.set(id, into);
    }
  };

  for (const node of graph.nodes.values()) {
    if (everywhere.has(node.id)) continue;
    groupOf.set(node.id, new Set([node.id]));
    for (const input of traitsOf(node).mainInputs) {
      if (!traitsOf(nodeOf(graph, input)).exchange) {
        join(input, node.id);
      } else {
        // Whoever reads the same exchange reads it in the same task.
        const reader = readerOf.get(input);
        if (reader === undefined) readerOf.set(input, node.id);
        else join(reader, node.id);
      }
    }
  }

  const order = new Map([...graph.nodes.keys()].map((id, index) => [id, index]));
  const groups = [...new Set([...order.keys()].flatMap((id) => groupOf.get(id) ?? []))];
  return groups.map((ids) => [...ids].sort((a, b) => order.get(a)! - order.get(b)!));
}

/** The broadcast steps that the given nodes need, in topological order. */
export function broadcastStepsOf(graph: Graph, ids: readonly NodeId[]): readonly NodeId[] {
  const needed = upstreamOf(
    graph,
    ids.flatMap((id) => traitsOf(nodeOf(graph, id)).broadcastInput ?? []),
  );
  return [...graph.nodes.keys()].filter((id) => needed.has(id));
}
