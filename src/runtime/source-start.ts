/** Where the reading of a source begins, as its topology says or as the run of it overrules. */
import type { NodeId, SourceNode } from '../graph/nodes.ts';

/** A part of a source's settings: both say what to do without a position in the log. */
export interface SourceStart {
  /** No position was committed yet. `none`: that is an error. */
  readonly start: SourceNode['start'];
  /** The position is no longer, or not yet, in the log. */
  readonly outOfRange: SourceNode['outOfRange'];
}

/** Overrides by source; `*`: of all others. */
export type SourceStarts = Readonly<Record<NodeId, SourceStart>>;

export function startOf(node: SourceNode, overrides: SourceStarts = {}): SourceStart {
  if (node.broadcast) return { start: 'earliest', outOfRange: node.outOfRange }; // all of it, or its state is not whole
  return overrides[node.id] ?? overrides['*'] ?? node;
}
