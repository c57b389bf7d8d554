import { bytes, type Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { SideOutputSpecs } from '../core/process-function.ts';
import type { Aggregator, StateSpec } from '../core/state-spec.ts';
import type { CallContext, KeyedProcessNode, NodeId, RepartitionNode, Value } from '../graph/nodes.ts';
import { addAsyncMap } from './add-async-map.ts';
import { addCoProcess, addKeyedProcess } from './add-process.ts';
import { GraphBroadcastConnected, GraphBroadcastStream } from './broadcast-streams.ts';
import { aggregating, reducing } from './fold.ts';
import { errorPolicy } from './on-error.ts';
import type { CoProcess, KeyedProcess, None } from './process-specs.ts';
import { sameDraft, type Site } from './site.ts';
import type { AggregateResultOptions, AsyncMapOptions, KeyByOptions, KeyedStepOptions } from './step-options.ts';
import type {
  BroadcastSpecs,
  BroadcastStream,
  ConnectedStreams,
  DataStream,
  KeyedBroadcastConnected,
  KeyedStream,
  ProcessStream,
} from './streams.ts';

/** How records get to the task of their key. Undefined: they are there already. */
export interface Exchanging extends KeyByOptions {
  readonly key: RepartitionNode['key'];
}

export class GraphKeyedStream<K extends Key, T> implements KeyedStream<K, T> {
  readonly #site: Site;
  readonly #exchanging: Exchanging | undefined;

  constructor(site: Site, exchanging: Exchanging | undefined) {
    this.#site = site;
    this.#exchanging = exchanging;
    Object.freeze(this);
  }

  process<S extends Readonly<Record<string, StateSpec>> = None, O = never, SO extends SideOutputSpecs = None>(
    name: string,
    spec: KeyedProcess<K, T, S, O, SO>,
  ): ProcessStream<O, SO> {
    const id = this.#site.draft.given(name);
    const erased = spec as unknown as Parameters<typeof addKeyedProcess>[3];
    const node = addKeyedProcess(this.#site, id, this.#exchange(id), erased);
    return this.#site.open(node) as unknown as ProcessStream<O, SO>;
  }

  reduce(name: string, combine: (a: T, b: T) => T, options: KeyedStepOptions = {}): DataStream<T> {
    const { draft, node } = this.#site;
    const id = draft.given(name);
    draft.sync(id, { combine });
    const codec = this.#needed(id, draft.node(node).codec, 'values');
    const folding = reducing(combine as (a: Value, b: Value) => Value, codec, options);
    return this.#fold(id, folding, codec, options);
  }

  aggregate<A, O, R = O>(
    name: string,
    aggregator: Aggregator<T, A, O> & { readonly accumulator?: Codec<A>; readonly output?: Codec<O> },
    options: Partial<AggregateResultOptions<K, A, O, R>> = {},
  ): DataStream<R> {
    const { draft } = this.#site;
    const id = draft.given(name);
    draft.sync(id, aggregator as unknown as Readonly<Record<string, unknown>>, ['create', 'add', 'result']);
    const codec = this.#needed(id, options.accumulator ?? aggregator.accumulator, 'accumulator');
    const output = this.#needed(id, options.output ?? aggregator.output, 'output');
    const shape = options.result as ((value: Value, key: Key) => Value) | undefined;
    const folding = aggregating(aggregator, codec, options, shape);
    return this.#fold(id, folding, output, options);
  }

  connect<U>(
    other: KeyedStream<K, U> | BroadcastStream<U, BroadcastSpecs>,
  ): ConnectedStreams<K, T, U> & KeyedBroadcastConnected<K, T, U, BroadcastSpecs> {
    if (GraphBroadcastStream.siteOf(other) !== undefined) {
      const broadcast = other as BroadcastStream<U, BroadcastSpecs>;
      const connected = new GraphBroadcastConnected<K, T, U, BroadcastSpecs>(this.#site, broadcast, (id) =>
        this.#exchange(id),
      );
      return connected as ConnectedStreams<K, T, U> & typeof connected;
    }
    const connected: ConnectedStreams<K, T, U> = Object.freeze({
      process: <S extends Readonly<Record<string, StateSpec>>, O, SO extends SideOutputSpecs>(
        name: string,
        spec: CoProcess<K, T, U, S, O, SO>,
      ) => this.#coProcess(name, other, spec),
    });
    return connected as typeof connected & KeyedBroadcastConnected<K, T, U, BroadcastSpecs>;
  }

  asyncMap<U>(
    name: string,
    call: (value: T, call: CallContext) => Promise<U>,
    options: AsyncMapOptions<U>,
  ): DataStream<U> {
    const id = this.#site.draft.given(name);
    return addAsyncMap(this.#site, id, this.#exchange(id), call, options);
  }

  #coProcess<U, S, O, SO extends SideOutputSpecs>(
    name: string,
    other: object,
    spec: CoProcess<K, T, U, S, O, SO>,
  ): ProcessStream<O, SO> {
    const { draft, node, open } = this.#site;
    const id = draft.given(name);
    const given = other instanceof GraphKeyedStream ? (other as GraphKeyedStream<K, U>) : undefined;
    const right = sameDraft(this.#site, given === undefined ? undefined : given.#site, id);
    const partner = given !== undefined && given.#site === right ? given : this;
    // Internal topics are named by what flows through them; a stream joined with itself has only its side.
    const [first, second] = [draft.namedBefore(node), draft.namedBefore(right.node)];
    const sides = first === second ? [`${first}-first`, `${second}-second`] : [first, second];
    const inputs = [this.#exchange(`${id}-${sides[0]!}`), partner.#exchange(`${id}-${sides[1]!}`)] as const;
    const erased = spec as unknown as Parameters<typeof addCoProcess>[3];
    return open(addCoProcess(this.#site, id, inputs, erased)) as unknown as ProcessStream<O, SO>;
  }

  /** The input of an operator: a repartition node of its own, so that internal topics are named by operators. */
  #exchange(operator: string): NodeId {
    const { draft, node } = this.#site;
    if (this.#exchanging === undefined) return node;
    return draft.add({
      kind: 'repartition',
      id: draft.derived(`${operator}-repartition`),
      inputs: [node],
      codec: draft.node(node).codec,
      onError: errorPolicy('fail'),
      key: this.#exchanging.key,
      partitions: this.#exchanging.partitions,
    });
  }

  #fold<R>(
    id: NodeId,
    folding: Pick<KeyedProcessNode, 'label' | 'state' | 'function'>,
    codec: Codec<Value>,
    { onError = 'fail' }: KeyedStepOptions,
  ): DataStream<R> {
    const { draft, open } = this.#site;
    const inputs = [this.#exchange(id)];
    const policy = errorPolicy(onError);
    const node = draft.add({ kind: 'keyedProcess', id, inputs, codec, onError: policy, sideOutputs: {}, ...folding });
    return open(node) as unknown as DataStream<R>;
  }

  #needed(id: NodeId, codec: Codec<Value> | undefined, what: 'values' | 'accumulator' | 'output'): Codec<Value> {
    if (codec !== undefined) return codec;
    if (what !== 'values') {
      this.#site.draft.mistake(id, `its ${what} has no codec`, `Name one: aggregate(id, aggregator, { ${what} }).`);
    } // a missing codec of the values is reported with the exchange before it
    return bytes;
  }
}
