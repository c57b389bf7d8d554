import type { Codec } from '../core/codec.ts';
import type { Key } from '../core/partitioner.ts';
import type { SideOutputSpecs } from '../core/process-function.ts';
import type { Topic } from '../core/topic.ts';
import { isName, nameRemedy } from '../graph/names.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { CallContext, FlatMapNode, GraphNode, NodeId, RepartitionNode, Value } from '../graph/nodes.ts';
import { addAsyncMap } from './add-async-map.ts';
import { addProcess } from './add-process.ts';
import { GraphBroadcastConnected, GraphBroadcastStream } from './broadcast-streams.ts';
import type { Draft } from './draft.ts';
import { GraphKeyedStream } from './keyed-stream.ts';
import { errorPolicy } from './on-error.ts';
import type { None, Process } from './process-specs.ts';
import { sameDraft, type Site } from './site.ts';
import { branchTransform, filterTransform, flatMapTransform, mapTransform } from './stateless.ts';
import type { AsyncMapOptions, KeyByOptions, SinkOptions, StepOptions, StepToOptions } from './step-options.ts';
import type {
  BroadcastConnected,
  BroadcastSpecs,
  BroadcastStream,
  DataStream,
  KeyedStream,
  ProcessStream,
  SourceStream,
  Split,
} from './streams.ts';
import type { Rest } from './type-checks.ts';

/** The one implementation of all plain streams; which of its methods a user sees follows from the node behind it. */
export class GraphStream<T, R = T, SO extends SideOutputSpecs = None>
  implements SourceStream<T, R>, ProcessStream<T, SO>
{
  readonly #site: Site;

  constructor(draft: Draft, node: NodeId) {
    const open = (next: NodeId): GraphStream<Value, Value, SideOutputSpecs> => new GraphStream(draft, next);
    this.#site = Object.freeze({ draft, node, open });
    Object.freeze(this);
  }

  map<U>(transform: (value: T) => U, options: StepToOptions<U> = {}): DataStream<U> {
    const step = mapTransform(transform as (value: Value) => Value);
    return this.#step(
      { label: 'map', given: transform, transform: step, codec: options.codec, forwards: false },
      options,
    );
  }

  filter<U extends T>(test: (value: T) => boolean, options: StepOptions = {}): SourceStream<U, R> {
    const step = filterTransform(test as (value: Value) => boolean);
    return this.#step<U, R>({ label: 'filter', given: test, transform: step, ...this.#forwarding() }, options);
  }

  flatMap<U>(transform: (value: T) => Iterable<U>, options: StepToOptions<U> = {}): DataStream<U> {
    const step = flatMapTransform(transform as (value: Value) => Iterable<Value>);
    return this.#step(
      { label: 'flatMap', given: transform, transform: step, codec: options.codec, forwards: false },
      options,
    );
  }

  process<O = never, S2 extends SideOutputSpecs = None>(name: string, spec: Process<T, O, S2>): ProcessStream<O, S2> {
    const id = this.#site.draft.given(name);
    const node = addProcess(this.#site, id, spec as unknown as Parameters<typeof addProcess>[2]);
    return new GraphStream<O, O, S2>(this.#site.draft, node);
  }

  sideOutput<N extends keyof SO & string>(name: N): DataStream<SO[N] extends Codec<infer V> ? V : never> {
    const { draft, node } = this.#site;
    const codec = traitsOf(draft.node(node)).sideOutputs[name];
    const id = draft.position(node, name);
    draft.add({ kind: 'sideOutput', id, inputs: [node], codec, onError: errorPolicy('fail'), name });
    return new GraphStream(draft, id);
  }

  keyBy<K extends Key>(key: (value: T) => K, { partitions }: KeyByOptions = {}): KeyedStream<K, T> {
    this.#site.draft.sync(this.#site.node, { 'the key of keyBy': key });
    return new GraphKeyedStream<K, T>(this.#site, {
      key: key as RepartitionNode['key'],
      ...(partitions === undefined ? {} : { partitions }),
    });
  }

  keyedByRecordKey<K extends Key>(key: (record: R) => K): KeyedStream<K, T> {
    const { draft, node } = this.#site;
    let origin: GraphNode = draft.node(node);
    while (traitsOf(origin).forwards && origin.inputs.length === 1) origin = draft.node(origin.inputs[0]!);
    if (origin.kind === 'source') {
      draft.sync(origin.id, { 'the key of keyedByRecordKey': key });
      draft.keySource(origin, key as RepartitionNode['key']);
    } else {
      const remedy = 'Call it on a source or behind filters of one; use keyBy elsewhere.';
      draft.mistake(node, 'keyedByRecordKey is used on a stream that is not a source', remedy);
    }
    return new GraphKeyedStream<K, T>(this.#site, undefined);
  }

  union<U>(...others: readonly DataStream<U>[]): DataStream<T | U> {
    const { draft, node } = this.#site;
    const id = draft.position(node, 'union');
    const inputs = [this.#site, ...others.map((other) => sameDraft(this.#site, GraphStream.siteOf(other), id))].map(
      (site) => site.node,
    );
    const [first, ...rest] = inputs.map((input) => draft.node(input).codec);
    const same = rest.every((codec) => codec?.name === first?.name && codec?.version === first?.version);
    draft.add({ kind: 'union', id, inputs, codec: same ? first : undefined, onError: errorPolicy('fail') });
    return new GraphStream<T | U>(draft, id);
  }

  split<B extends Readonly<Record<string, (value: T) => boolean>>, D extends string>(
    branches: B,
    options: { readonly default: D },
  ): Split<T, B> & Readonly<Record<Exclude<D, 'drop'>, DataStream<Rest<T, B>>>> {
    const { draft, node } = this.#site;
    const tests = Object.values(branches) as ((value: Value) => boolean)[];
    const names = [...Object.keys(branches), ...(options.default === 'drop' ? [] : [options.default])];
    for (const name of names.filter((branch) => !isName(branch))) {
      draft.mistake(node, `branch '${name}' of its split has no usable name`, nameRemedy);
    }
    if (Object.hasOwn(branches, options.default)) {
      draft.mistake(node, `split names its default like branch '${options.default}'`, 'Give the default another name.');
    }
    const streams = names.map((name, index) => {
      const transform = branchTransform(tests.slice(0, index), tests[index]); // the default comes last and has no test
      const given = tests[index] ?? transform;
      return [
        name,
        this.#step({ label: 'split', position: name, given, transform, ...this.#forwarding() }, {}),
      ] as const;
    });
    return Object.freeze(Object.fromEntries(streams)) as unknown as ReturnType<typeof this.split<B, D>>;
  }

  asyncMap<U>(
    name: string,
    call: (value: T, call: CallContext) => Promise<U>,
    options: AsyncMapOptions<U>,
  ): DataStream<U> {
    const id = this.#site.draft.given(name);
    return addAsyncMap(this.#site, id, this.#site.node, call, options);
  }

  broadcast<B extends BroadcastSpecs>(state: B): BroadcastStream<T, B> {
    return new GraphBroadcastStream<T, B>(this.#site, state);
  }

  connect<U, B extends BroadcastSpecs>(other: BroadcastStream<U, B>): BroadcastConnected<T, U, B> {
    return new GraphBroadcastConnected<Key, T, U, B>(this.#site, other);
  }

  sinkTo<U>(name: string, topic: Topic<U>, { onError = 'fail' }: SinkOptions = {}): void {
    const { draft, node } = this.#site;
    const id = draft.given(name);
    const erased = topic as unknown as Topic<Value>;
    draft.add({ kind: 'sink', id, inputs: [node], codec: undefined, onError: errorPolicy(onError), topic: erased });
  }

  static siteOf(stream: unknown): Site | undefined {
    return stream instanceof GraphStream ? stream.#site : undefined;
  }

  /** A step that emits only its inputs: their codec stays. */
  #forwarding(): Pick<FlatMapNode, 'codec' | 'forwards'> {
    return { codec: this.#site.draft.node(this.#site.node).codec, forwards: true };
  }

  /** Adds a flatMap node. `given` is the user's function, `position` the word in its id where that is not the label. */
  #step<U, R2 = U>(
    step: Pick<FlatMapNode, 'label' | 'transform' | 'codec' | 'forwards'> & {
      readonly given: unknown;
      readonly position?: string;
    },
    { id: name, onError = 'fail' }: StepOptions,
  ): GraphStream<U, R2> {
    const { draft, node } = this.#site;
    const { given, position, ...shape } = step;
    const id = name === undefined ? draft.position(node, position ?? shape.label) : draft.given(name);
    draft.sync(id, { [position ?? shape.label]: given });
    draft.add({ kind: 'flatMap', id, inputs: [node], onError: errorPolicy(onError), ...shape });
    return new GraphStream<U, R2>(draft, id);
  }
}
