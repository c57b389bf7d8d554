/**
 * What a node declares about itself. Everything that treats nodes alike (validation, planning, description) asks these
 * properties; this is the one place where kinds are told apart.
 */
import type { Codec } from '../core/codec.ts';
import type { Duration } from '../core/duration.ts';
import type { MapSpec, StateSpec } from '../core/state-spec.ts';
import type { Topic } from '../core/topic.ts';
import type { SourceTimeOptions } from '../core/watermark-strategy.ts';
import type { GraphNode, NodeId, Value } from './nodes.ts';

export interface NodeTraits {
  /** Word for people: map, filter, process, source... */
  readonly label: string;
  /** Topic read. */
  readonly reads: Topic<Value> | undefined;
  /** Topic written. */
  readonly writes: Topic<Value> | undefined;
  /** A repartition: what comes after it runs in another sub-topology. */
  readonly exchange: boolean;
  /** Emits only its inputs themselves, so keys and bytes stay what they were. */
  readonly forwards: boolean;
  /** Inputs whose records are shared out among tasks: all but a broadcast one. */
  readonly mainInputs: readonly NodeId[];
  /** Those of them that must arrive by key. */
  readonly keyedInputs: readonly NodeId[];
  /** Input that every task reads in full. */
  readonly broadcastInput: NodeId | undefined;
  /** Keeps rows that a restart must find again. */
  readonly stateful: boolean;
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly broadcastState: Readonly<Record<string, MapSpec<string | number, Value>>>;
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
  /** Inputs are kept as bytes while a call runs. */
  readonly keepsInput: boolean;
  /** Codec that inputs are kept with. */
  readonly inputCodec: Codec<Value> | undefined;
  /** The side output of its input that it stands for. */
  readonly picks: string | undefined;
  /** Partitions asked for. */
  readonly partitions: number | undefined;
  /** How it deals with time, for sources. */
  readonly time: SourceTimeOptions<Value>;
  readonly durations: Readonly<Record<string, Duration | undefined>>;
  /** Numbers with their smallest sensible value. */
  readonly counts: Readonly<Record<string, readonly [least: number, count: number | undefined]>>;
}

const none: Readonly<Record<string, never>> = Object.freeze({});

const plain = {
  reads: undefined,
  writes: undefined,
  exchange: false,
  forwards: false,
  keyedInputs: [],
  broadcastInput: undefined,
  stateful: false,
  state: none,
  broadcastState: none,
  sideOutputs: none,
  keepsInput: false,
  inputCodec: undefined,
  picks: undefined,
  partitions: undefined,
  time: none,
  durations: none,
  counts: none,
} satisfies Omit<NodeTraits, 'label' | 'mainInputs'>;

export function traitsOf(node: GraphNode): NodeTraits {
  const common = { ...plain, mainInputs: node.inputs };
  switch (node.kind) {
    case 'source': {
      const { topic, time, start } = node;
      const back = typeof start === 'object' && 'duration' in start ? start.duration : undefined;
      const durations = { start: back, idleAfter: time.idleAfter, maxDrift: time.maxDrift };
      const counts = { partitions: [1, topic.options.partitions] } as const;
      return { ...common, label: 'source', reads: topic, time, durations, counts };
    }
    case 'flatMap':
      return { ...common, label: node.label, forwards: node.forwards };
    case 'repartition': {
      const { partitions } = node;
      return { ...common, label: 'repartition', exchange: true, partitions, counts: { partitions: [1, partitions] } };
    }
    case 'process':
      return { ...common, label: 'process', sideOutputs: node.sideOutputs };
    case 'keyedProcess': {
      const { label, state, sideOutputs } = node;
      return { ...common, label, keyedInputs: node.inputs, stateful: true, state, sideOutputs };
    }
    case 'coProcess': {
      const { state, sideOutputs } = node;
      return { ...common, label: 'process', keyedInputs: node.inputs, stateful: true, state, sideOutputs };
    }
    case 'broadcastProcess': {
      const { state, broadcastState, sideOutputs } = node;
      const mainInputs = node.inputs.slice(0, 1);
      return {
        ...common,
        label: 'process',
        mainInputs,
        keyedInputs: node.keyed ? mainInputs : [],
        broadcastInput: node.inputs[1],
        stateful: true,
        state,
        broadcastState,
        sideOutputs,
      };
    }
    case 'asyncMap': {
      const { inputCodec, slots, waiting, attemptTimeout } = node;
      return {
        ...common,
        label: 'asyncMap',
        stateful: true,
        keepsInput: true,
        inputCodec,
        durations: { attemptTimeout },
        counts: { slots: [1, slots], waiting: [0, waiting] },
      };
    }
    case 'union':
      return { ...common, label: 'union', forwards: true };
    case 'sideOutput':
      return { ...common, label: 'sideOutput', picks: node.name };
    case 'sink': {
      const { topic } = node;
      return { ...common, label: 'sink', writes: topic, counts: { partitions: [1, topic.options.partitions] } };
    }
    default:
      return node satisfies never;
  }
}
