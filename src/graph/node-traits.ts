/**
 * What a node declares about itself. Everything that treats nodes alike (validation, planning, description) asks these
 * properties; this is the one place where kinds are told apart.
 */
import type { Codec } from '../core/codec.ts';
import type { MapSpec, StateSpec } from '../core/state-spec.ts';
import type { Topic } from '../core/topic.ts';
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
  /** Input that must arrive by key. */
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
} satisfies Omit<NodeTraits, 'label'>;

export function traitsOf(node: GraphNode): NodeTraits {
  switch (node.kind) {
    case 'source':
      return { ...plain, label: 'source', reads: node.topic };
    case 'flatMap':
      return { ...plain, label: node.label, forwards: node.forwards };
    case 'repartition':
      return { ...plain, label: 'repartition', exchange: true };
    case 'process':
      return { ...plain, label: 'process', sideOutputs: node.sideOutputs };
    case 'keyedProcess':
      return {
        ...plain,
        label: node.label,
        keyedInputs: node.inputs,
        stateful: true,
        state: node.state,
        sideOutputs: node.sideOutputs,
      };
    case 'coProcess':
      return {
        ...plain,
        label: 'process',
        keyedInputs: node.inputs,
        stateful: true,
        state: node.state,
        sideOutputs: node.sideOutputs,
      };
    case 'broadcastProcess':
      return {
        ...plain,
        label: 'process',
        keyedInputs: node.keyed ? node.inputs.slice(0, 1) : [],
        broadcastInput: node.inputs[1],
        stateful: true,
        state: node.state,
        broadcastState: node.broadcastState,
        sideOutputs: node.sideOutputs,
      };
    case 'asyncMap':
      return { ...plain, label: 'asyncMap', stateful: true, keepsInput: true, inputCodec: node.inputCodec };
    case 'union':
      return { ...plain, label: 'union', forwards: true };
    case 'sideOutput':
      return { ...plain, label: 'sideOutput' };
    case 'sink':
      return { ...plain, label: 'sink', writes: node.topic };
    default:
      return node satisfies never;
  }
}
