/**
 * Turns the nodes of a sub-topology into the operators of one task: the one switch over node kinds on this side of the
 * plan. Built from the sinks up, so that every operator knows its outputs when it is made.
 */
import { inFlightCodec } from '../async/in-flight.ts';
import type { Codec } from '../core/codec.ts';
import { toMs } from '../core/duration.ts';
import type { Key } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Topic } from '../core/topic.ts';
import type { BroadcastElementContext, BroadcastWriteContext, GraphNode, NodeId } from '../graph/nodes.ts';
import { AsyncMap } from '../operators/async-map.ts';
import { Counters } from '../operators/counters.ts';
import { DirectExchange, ExchangeEntry, KeyAssertion, LogEntry, LogExchange } from '../operators/exchange.ts';
import { FlatMap } from '../operators/flat-map.ts';
import type { OperatorHost } from '../operators/host.ts';
import { fanOut, nowhere, type Input } from '../operators/input.ts';
import { stateless } from '../operators/invocation.ts';
import { KeyedOperator } from '../operators/keyed-operator.ts';
import { Process } from '../operators/process.ts';
import type { Outputs } from '../operators/process-context.ts';
import { Redrive, type Entrance } from '../operators/redrive.ts';
import { Sink } from '../operators/sink.ts';
import { Source } from '../operators/source.ts';
import { Union } from '../operators/union.ts';
import type { Layout, Plan, SubTopology } from '../plan/plan.ts';
import type { TaskState } from '../state/backend.ts';
import { createGenerator } from '../time/watermark-generator.ts';
import { markCodec } from '../time/mark-codec.ts';
import { deadLetterCodec } from './dead-letters.ts';

export interface BuildContext {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly subTopology: SubTopology;
  readonly host: OperatorHost;
  readonly state: TaskState;
  readonly exchange: 'direct' | 'log';
  /** Partitions of a user topic. */
  readonly partitionsOf: (topic: string) => number;
  /** Codec of the values of a user topic as they stand in the log. */
  readonly codecOf: (topic: Topic<unknown>) => Codec<unknown>;
  /** Direct exchange: entries of all tasks of this worker, by exchange; filled as tasks are built. */
  readonly entries: Map<NodeId, ExchangeEntry[]>;
}

/** The operators of one task, by what the task does with them. */
export interface TaskOperators {
  readonly sources: ReadonlyMap<NodeId, Source>;
  readonly logEntries: ReadonlyMap<NodeId, LogEntry>;
  readonly logExchanges: readonly LogExchange[];
  readonly keyed: readonly KeyedOperator[];
  readonly asyncMaps: readonly AsyncMap[];
  readonly redrive: Redrive;
  /** Inputs that this task has no partition for: they are idle for ever. */
  readonly absent: readonly Input[];
  /** Metrics by node. */
  readonly counters: ReadonlyMap<NodeId, Counters>;
}

export function buildOperators(context: BuildContext): TaskOperators {
  return new Builder(context).build();
}

class Builder {
  readonly #context: BuildContext;
  /** Inputs of the operators built so far, by node and input index. */
  readonly #inputs = new Map<NodeId, readonly Input[]>();
  readonly #sources = new Map<NodeId, Source>();
  readonly #logEntries = new Map<NodeId, LogEntry>();
  readonly #logExchanges: LogExchange[] = [];
  readonly #keyed: KeyedOperator[] = [];
  readonly #asyncMaps: AsyncMap[] = [];
  readonly #absent: Input[] = [];
  readonly #counters = new Map<NodeId, Counters>();

  constructor(context: BuildContext) {
    this.#context = context;
  }

  build(): TaskOperators {
    const { subTopology, plan } = this.#context;
    for (const id of [...subTopology.nodes].reverse()) this.#node(plan.graph.nodes.get(id)!);
    for (const id of subTopology.exchangesIn) this.#entry(id);
    return {
      sources: this.#sources,
      logEntries: this.#logEntries,
      logExchanges: this.#logExchanges,
      keyed: this.#keyed,
      asyncMaps: this.#asyncMaps,
      absent: this.#absent,
      redrive: new Redrive(
        this.#context.host,
        deadLetterCodec,
        this.#sources,
        (id, input) => this.#entrance(id, input),
        (id) => this.#keyed.find((operator) => operator.id === id),
      ),
      counters: this.#counters,
    };
  }

  #node(node: GraphNode): void {
    const { host, state, plan } = this.#context;
    const counters = new Counters();
    this.#counters.set(node.id, counters);
    const inputCodecs = node.inputs.map((id) => plan.graph.nodes.get(id)?.codec);
    const common = { id: node.id, host, policy: node.onError, counters, inputCodecs };
    switch (node.kind) {
      case 'source':
        this.#source(node, counters);
        return;
      case 'flatMap': {
        const options = { ...common, undo: stateless };
        this.#inputs.set(node.id, [new FlatMap(options, node.transform, this.#consumers(node.id))]);
        return;
      }
      case 'process': {
        const outputs = this.#outputs(node);
        this.#inputs.set(node.id, new Process({ ...common, outputs, elements: [node.onElement] }).inputs);
        return;
      }
      case 'keyedProcess': {
        const { function: fn } = node;
        this.#addKeyed(node, {
          ...common,
          state: state.operator(node.id, node.state),
          outputs: this.#outputs(node),
          elements: [(value, ctx) => fn.onElement(value, ctx)],
          onTimer: fn.onTimer === undefined ? undefined : (time, ctx) => fn.onTimer!(time, ctx),
        });
        return;
      }
      case 'coProcess': {
        const { function: fn } = node;
        this.#addKeyed(node, {
          ...common,
          state: state.operator(node.id, node.state),
          outputs: this.#outputs(node),
          elements: [(value, ctx) => fn.onFirst(value, ctx), (value, ctx) => fn.onSecond(value, ctx)],
          onTimer: fn.onTimer === undefined ? undefined : (time, ctx) => fn.onTimer!(time, ctx),
        });
        return;
      }
      case 'broadcastProcess': {
        const handles = Object.fromEntries(
          Object.entries(node.broadcastState).map(([name, spec]) => [name, state.taskMap(node.id, name, spec)]),
        );
        const { function: fn } = node;
        const element = (value: unknown, ctx: object): unknown => fn.onElement(value, ctx as BroadcastElementContext);
        const onElement = (value: unknown, ctx: object): unknown => fn.onBroadcast(value, ctx as BroadcastWriteContext);
        const outputs = this.#outputs(node);
        if (node.keyed) {
          this.#addKeyed(node, {
            ...common,
            outputs,
            state: state.operator(node.id, node.state),
            elements: [element],
            onTimer:
              fn.onTimer === undefined ? undefined : (time, ctx) => fn.onTimer!(time, ctx as BroadcastElementContext),
            broadcast: { handles, onElement },
          });
        } else {
          // No state of keys, but an invocation that fails takes its changes of broadcast state back.
          const undo = state.operator(node.id, {});
          const options = { ...common, outputs, undo, elements: [element, onElement], broadcast: handles };
          this.#inputs.set(node.id, new Process(options).inputs);
        }
        return;
      }
      case 'asyncMap': {
        const inputCodec = node.inputCodec ?? inputCodecs[0];
        if (inputCodec === undefined)
          throw new StreamError('GRAPH_INVALID', 'no codec for the input', { operator: node.id });
        const options = {
          ...common,
          call: node.call,
          mode: node.mode,
          slots: node.slots,
          waiting: node.waiting,
          attemptTimeoutMs: toMs(node.attemptTimeout, `attemptTimeout of ${node.id}`),
          inputCodec,
          rows: state.taskRows(node.id, 'calls', inFlightCodec(inputCodec)),
        };
        const operator = new AsyncMap(options, this.#consumers(node.id));
        this.#asyncMaps.push(operator);
        this.#inputs.set(node.id, [operator]);
        return;
      }
      case 'union':
        this.#inputs.set(node.id, new Union(node.inputs.length, this.#consumers(node.id)).inputs);
        return;
      case 'repartition':
        this.#exchange(node.id, node.key, host, counters);
        return;
      case 'sideOutput':
        // Its operator pushes straight into the consumers, see #outputs.
        return;
      case 'sink': {
        const writer = host.writer(node.topic.name);
        this.#inputs.set(node.id, [
          new Sink({ ...common, undo: stateless }, { ...node.topic, codec: this.#context.codecOf(node.topic) }, writer),
        ]);
        return;
      }
    }
  }

  #addKeyed(node: GraphNode, options: ConstructorParameters<typeof KeyedOperator>[0]): void {
    const operator = new KeyedOperator(options);
    this.#keyed.push(operator);
    this.#inputs.set(node.id, operator.inputs);
  }

  #source(node: GraphNode & { kind: 'source' }, counters: Counters): void {
    const { host, partitionsOf, codecOf } = this.#context;
    const count = partitionsOf(node.topic.name);
    const everywhere = this.#context.subTopology.broadcastSources.includes(node.id);
    const strategy = node.time.watermarks;
    let out = this.#consumers(node.id);
    if (node.keyedBy !== undefined)
      out = new KeyAssertion({ id: node.id, host, key: node.keyedBy, counters }, count, out);
    const options = {
      id: node.id,
      host,
      codec: codecOf(node.topic),
      policy: node.onError,
      counters,
      time: node.time,
      partitions: everywhere ? count : host.partition < count ? 1 : 0,
      generator: strategy === undefined ? undefined : () => createGenerator(strategy),
      timeless: everywhere && strategy === undefined,
    };
    this.#sources.set(node.id, new Source(options, out));
  }

  #exchange(id: NodeId, key: (value: unknown) => Key, host: OperatorHost, counters: Counters): void {
    const { plan, layout, exchange, entries } = this.#context;
    const description = plan.exchanges.find((candidate) => candidate.node === id)!;
    const upstreamCount = layout.tasks.get(description.from)!;
    const options = { id, host, key, counters };
    if (exchange === 'direct') {
      this.#inputs.set(id, [new DirectExchange(options, entriesOf(entries, id), upstreamCount)]);
      return;
    }
    const operator = new LogExchange(options, host.writer(description.topic), description.codec, upstreamCount);
    this.#logExchanges.push(operator);
    this.#inputs.set(id, [operator]);
  }

  #entry(id: NodeId): void {
    const { plan, layout, exchange, entries, host } = this.#context;
    const description = plan.exchanges.find((candidate) => candidate.node === id)!;
    const consumers = this.#consumers(id);
    if (host.partition >= layout.exchanges.get(id)!) {
      this.#absent.push(consumers);
      return;
    }
    const entry = new ExchangeEntry(host, layout.tasks.get(description.from)!, consumers);
    if (exchange === 'direct') {
      entriesOf(entries, id)[host.partition] = entry;
      return;
    }
    const node = plan.graph.nodes.get(id) as GraphNode & { kind: 'repartition' };
    const options = { id, host, key: node.key, counters: new Counters() };
    this.#logEntries.set(id, new LogEntry(options, entry, description.codec, markCodec));
  }

  /** Where a dead letter of an operator enters again. */
  #entrance(id: NodeId, index: number): Entrance | undefined {
    const { nodes } = this.#context.plan.graph;
    const node = nodes.get(id);
    const input = this.#inputs.get(id)?.[index];
    const codec = node === undefined ? undefined : nodes.get(node.inputs[index] ?? '')?.codec;
    return input === undefined || codec === undefined ? undefined : { input, codec };
  }

  /** Who gets the main output of a node. */
  #consumers(id: NodeId): Input {
    const { plan, subTopology } = this.#context;
    const inputs: Input[] = [];
    for (const consumer of subTopology.nodes) {
      const node = plan.graph.nodes.get(consumer)!;
      if (node.kind === 'sideOutput') continue;
      node.inputs.forEach((input, index) => {
        if (input !== id) return;
        const target = this.#inputs.get(consumer)?.[index];
        if (target !== undefined) inputs.push(target);
      });
    }
    return fanOut(inputs);
  }

  #outputs(node: GraphNode & { readonly sideOutputs: object }): Outputs {
    const { plan, subTopology } = this.#context;
    const side = new Map<string, Input>();
    for (const name of Object.keys(node.sideOutputs)) side.set(name, nowhere);
    for (const id of subTopology.nodes) {
      const candidate = plan.graph.nodes.get(id)!;
      if (candidate.kind !== 'sideOutput' || candidate.inputs[0] !== node.id) continue;
      const before = side.get(candidate.name);
      const out = this.#consumers(id);
      side.set(candidate.name, before === undefined || before === nowhere ? out : fanOut([before, out]));
    }
    return { main: this.#consumers(node.id), side };
  }
}

function entriesOf(entries: Map<NodeId, ExchangeEntry[]>, id: NodeId): ExchangeEntry[] {
  let list = entries.get(id);
  if (list === undefined) {
    list = [];
    entries.set(id, list);
  }
  return list;
}
