import { traitsOf } from '../graph/node-traits.ts';
import type { Graph, NodeId } from '../graph/nodes.ts';
import { nodeOf } from '../graph/walk.ts';
import type { Layout, Plan } from './plan.ts';

/**
 * Partitions that the keys of what comes to an operator are spread over: those of the exchanges or keyed sources that it
 * entered the stage by. There may be fewer than the stage has tasks. Undefined: without a key, or spread in several ways.
 */
export function keySpread({ graph }: Plan, { exchanges, sources }: Layout, id: NodeId): number | undefined {
  const counts = new Set(
    originsOf(graph, id).map((origin) => {
      const node = nodeOf(graph, origin);
      if (node.kind === 'source') return node.keyedBy === undefined ? undefined : sources.get(origin);
      return exchanges.get(origin);
    }),
  );
  return counts.size === 1 ? [...counts][0] : undefined;
}

function originsOf(graph: Graph, id: NodeId): readonly NodeId[] {
  const { reads, exchange, mainInputs } = traitsOf(nodeOf(graph, id));
  return reads !== undefined || exchange ? [id] : mainInputs.flatMap((input) => originsOf(graph, input));
}
