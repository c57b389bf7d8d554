/** Questions about the shape of a graph. */
import { traitsOf } from './node-traits.ts';
import type { Graph, GraphNode, NodeId } from './nodes.ts';

export function nodeOf(graph: Graph, id: NodeId): GraphNode {
  return graph.nodes.get(id)!; // ids inside a validated graph always resolve
}

/** The nodes and everything before them. */
export function upstreamOf(graph: Graph, ids: Iterable<NodeId>): Set<NodeId> {
  const seen = new Set<NodeId>();
  const open = [...ids];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...nodeOf(graph, id).inputs);
  }
  return seen;
}

/** Nodes that every task runs for itself: broadcast sources and the steps between them and their operators. */
export function broadcastNodes(graph: Graph): Set<NodeId> {
  const inputs = [...graph.nodes.values()].flatMap((node) => traitsOf(node).broadcastInput ?? []);
  return upstreamOf(graph, inputs);
}
