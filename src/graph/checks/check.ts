import type { Mistake } from '../mistake.ts';
import type { Graph, GraphNode } from '../nodes.ts';

/** Finds one sort of mistakes in a graph. `nodes` are the graph's, in order. */
export type Check = (graph: Graph, nodes: readonly GraphNode[]) => readonly Mistake[];
