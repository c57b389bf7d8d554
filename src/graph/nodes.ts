/**
 * The closed union of node kinds. The DSL makes them, the plan cuts them into sub-topologies, the runtime turns each
 * into an operator in one switch. Everything that is not listed here desugars in dsl/.
 *
 * Nodes are frozen data. `inputs` are node ids; `id` is the user's name where state, time or I/O live, else derived from
 * the position in the topology (`source/flatMap-1`).
 */
import type { Codec } from '../core/codec.ts';
import type { Duration } from '../core/duration.ts';
import type { Key } from '../core/partitioner.ts';
import type { ElementContext, KeyedContext, ReadonlyMapState, TimerContext } from '../core/process-function.ts';
import type { StartPosition } from '../core/start-position.ts';
import type { MapSpec, MapState, StateSpec } from '../core/state-spec.ts';
import type { Topic } from '../core/topic.ts';
import type { SourceTimeOptions } from '../core/watermark-strategy.ts';

export type NodeId = string & { readonly nodeId?: never };

/** What an operator does when its function throws (for sources: when a record does not decode). */
export type ErrorPolicy =
  | { readonly kind: 'fail' }
  | { readonly kind: 'skip' }
  /** Repeat the invocation up to `attempts` times in all, then `then`. */
  | { readonly kind: 'retry'; readonly attempts: number; readonly then: ErrorPolicy }
  | { readonly kind: 'deadLetter' };

/** Erased value types: the DSL checked them. */
export type Value = unknown;
export type Emit = (value: Value) => void;

interface NodeBase {
  readonly id: NodeId;
  readonly inputs: readonly NodeId[];
  /** Codec of the values this node emits; undefined when their type changed and no codec was named. */
  readonly codec: Codec<Value> | undefined;
  readonly onError: ErrorPolicy;
}

export interface SourceNode extends NodeBase {
  readonly kind: 'source';
  readonly topic: Topic<Value>;
  readonly time: SourceTimeOptions<Value>;
  /** Where a group without committed position starts. */
  readonly start: StartPosition;
  /** What to do when the position is not in the log any more. */
  readonly outOfRange: 'fail' | 'earliest' | 'latest';
  /** Read in full by every task instead of by its owner (broadcast inputs). */
  readonly broadcast: boolean;
  /** Asserts that records already are on the partition of this key; checked record by record. */
  readonly keyedBy: ((value: Value) => Key) | undefined;
}

export interface FlatMapNode extends NodeBase {
  readonly kind: 'flatMap';
  /** Word for people: map, filter, flatMap, split branch... */
  readonly label: string;
  readonly transform: (value: Value, emit: Emit) => void;
  /** True when only inputs themselves are emitted (filter, branch): bytes can be forwarded, the codec stays. */
  readonly forwards: boolean;
}

/** A change of key, and the exchange that brings each key to its task. */
export interface RepartitionNode extends NodeBase {
  readonly kind: 'repartition';
  readonly key: (value: Value) => Key;
  readonly codec: Codec<Value> | undefined;
  readonly partitions: number | undefined;
}

export interface KeyedFunction {
  onElement(value: Value, ctx: KeyedContext<Key, unknown, Value, Record<string, Value>>): void;
  onTimer?(time: number, ctx: TimerContext<Key, unknown, Value, Record<string, Value>>): void;
}

export interface KeyedProcessNode extends NodeBase {
  readonly kind: 'keyedProcess';
  /** reduce, aggregate, process: for people. */
  readonly label: string;
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
  readonly function: KeyedFunction;
}

/** Context of an unkeyed process function: outputs and time, no state. */
export interface ProcessNode extends NodeBase {
  readonly kind: 'process';
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
  readonly onElement: (value: Value, ctx: ElementContext<Value, Record<string, Value>>) => void;
}

export interface CoProcessFunction {
  onFirst(value: Value, ctx: KeyedContext<Key, unknown, Value, Record<string, Value>>): void;
  onSecond(value: Value, ctx: KeyedContext<Key, unknown, Value, Record<string, Value>>): void;
  onTimer?(time: number, ctx: TimerContext<Key, unknown, Value, Record<string, Value>>): void;
}

/** Two keyed inputs over one state. inputs = [first, second]. */
export interface CoProcessNode extends NodeBase {
  readonly kind: 'coProcess';
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
  readonly function: CoProcessFunction;
}

export type BroadcastHandles = Readonly<Record<string, MapState<string | number, Value>>>;
export type ReadonlyBroadcastHandles = Readonly<Record<string, ReadonlyMapState<string | number, Value>>>;

export interface BroadcastFunction {
  /** `keyed` tells whether ctx is a KeyedContext (the main input is keyed) or a plain ElementContext. */
  onElement(value: Value, ctx: BroadcastElementContext): void;
  onBroadcast(value: Value, ctx: BroadcastWriteContext): void;
  onTimer?(time: number, ctx: BroadcastElementContext): void;
}
export interface BroadcastElementContext extends KeyedContext<Key, unknown, Value, Record<string, Value>> {
  readonly broadcast: ReadonlyBroadcastHandles;
}
export interface BroadcastWriteContext extends ElementContext<Value, Record<string, Value>> {
  readonly broadcast: BroadcastHandles;
}

/** A main input (keyed or not) beside a broadcast one. inputs = [main, broadcast]. */
export interface BroadcastProcessNode extends NodeBase {
  readonly kind: 'broadcastProcess';
  readonly keyed: boolean;
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly broadcastState: Readonly<Record<string, MapSpec<string | number, Value>>>;
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
  readonly function: BroadcastFunction;
}

/** One attempt of an asynchronous call, as its function sees it. */
export interface CallContext {
  /** Deterministic id of this element's call: the same on every retry and replay. An idempotency key. */
  readonly id: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Aborted at the attempt timeout and when the task stops. */
  readonly signal: AbortSignal;
}

export interface AsyncMapNode extends NodeBase {
  readonly kind: 'asyncMap';
  readonly call: (value: Value, call: CallContext) => Promise<Value>;
  readonly mode: 'ordered' | 'unordered';
  /** Calls running at once, per task. */
  readonly slots: number;
  /** Elements waiting for a slot, per task; beyond it the input is paused. */
  readonly waiting: number;
  readonly attemptTimeout: Duration;
  /** Codec of the input, which is kept in the in-flight log. */
  readonly inputCodec: Codec<Value> | undefined;
}

export interface UnionNode extends NodeBase {
  readonly kind: 'union';
}

/** Picks one side output of an operator. inputs = [operator]. */
export interface SideOutputNode extends NodeBase {
  readonly kind: 'sideOutput';
  readonly name: string;
}

export interface SinkNode extends NodeBase {
  readonly kind: 'sink';
  readonly topic: Topic<Value>;
}

export type GraphNode =
  | SourceNode
  | FlatMapNode
  | RepartitionNode
  | ProcessNode
  | KeyedProcessNode
  | CoProcessNode
  | BroadcastProcessNode
  | AsyncMapNode
  | UnionNode
  | SideOutputNode
  | SinkNode;

/** The result of building a topology: frozen and inspectable. Nodes are in topological order. */
export interface Graph {
  readonly job: string;
  readonly nodes: ReadonlyMap<NodeId, GraphNode>;
}
