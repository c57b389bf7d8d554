import type { SideOutputSpecs } from '../core/process-function.ts';
import type { NodeId, Value } from '../graph/nodes.ts';
import type { Draft } from './draft.ts';
import type { ProcessStream } from './streams.ts';

/** What streams of different kinds need of each other. */
export interface Site {
  readonly draft: Draft;
  readonly node: NodeId;
  /** The stream behind another node. Handed on, so that keyed streams make plain ones and plain ones keyed ones. */
  readonly open: (node: NodeId) => ProcessStream<Value, SideOutputSpecs>;
}

/** Ends a function whose input belongs to another topology: the mistake is noted, and its own input stands in. */
export function sameDraft(site: Site, other: Site | undefined, place: string): Site {
  if (other?.draft === site.draft) return other;
  site.draft.mistake(
    place,
    other === undefined ? 'it is given something that is not a stream' : 'it is given a stream of another topology',
    'Make all streams of a topology from the `t` of its build function.',
  );
  return site;
}
