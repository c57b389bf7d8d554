import type { Key } from '../core/partitioner.ts';
import type { SideOutputSpecs } from '../core/process-function.ts';
import type { StateSpec } from '../core/state-spec.ts';
import type { NodeId } from '../graph/nodes.ts';
import { addBroadcastProcess } from './add-process.ts';
import type { BroadcastProcess, KeyedBroadcastProcess, None } from './process-specs.ts';
import { sameDraft, type Site } from './site.ts';
import type {
  BroadcastConnected,
  BroadcastSpecs,
  BroadcastStream,
  KeyedBroadcastConnected,
  ProcessStream,
} from './streams.ts';

export class GraphBroadcastStream<T, B extends BroadcastSpecs> implements BroadcastStream<T, B> {
  readonly #site: Site;
  readonly state: B;

  constructor(site: Site, state: B) {
    this.#site = site;
    this.state = Object.freeze({ ...state });
    Object.freeze(this);
  }

  static siteOf(stream: object): Site | undefined {
    return stream instanceof GraphBroadcastStream ? stream.#site : undefined;
  }
}

/** A plain or keyed stream beside a broadcast one; `main` takes the operator's id and gives the node of its main input. */
export class GraphBroadcastConnected<K extends Key, T, U, B extends BroadcastSpecs>
  implements BroadcastConnected<T, U, B>, KeyedBroadcastConnected<K, T, U, B>
{
  readonly #site: Site;
  readonly #other: BroadcastStream<U, B>;
  readonly #exchange: ((operator: NodeId) => NodeId) | undefined;

  constructor(site: Site, other: BroadcastStream<U, B>, exchange?: (operator: NodeId) => NodeId) {
    this.#site = site;
    this.#other = other;
    this.#exchange = exchange;
    Object.freeze(this);
  }

  process<S extends Readonly<Record<string, StateSpec>> = None, O = never, SO extends SideOutputSpecs = None>(
    name: string,
    spec: BroadcastProcess<T, U, B, O, SO> | KeyedBroadcastProcess<K, T, U, B, S, O, SO>,
  ): ProcessStream<O, SO> {
    const site = this.#site;
    const id = site.draft.given(name);
    const broadcast = sameDraft(site, GraphBroadcastStream.siteOf(this.#other), id);
    const main = this.#exchange?.(id) ?? site.node;
    const erased = spec as unknown as Parameters<typeof addBroadcastProcess>[5];
    const keyed = this.#exchange !== undefined;
    const node = addBroadcastProcess(site, id, [main, broadcast.node], this.#other.state, keyed, erased);
    return site.open(node) as unknown as ProcessStream<O, SO>;
  }
}
