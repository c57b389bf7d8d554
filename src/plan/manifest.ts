/**
 * What a job's stored state depends on, as plain JSON. It is kept beside the state, so that a later build can say what
 * changed (compare.ts). Stateless steps, codec versions (rows are migrated) and partition counts are not in the
 * fingerprint; the latter two are in the manifest because a comparison needs them.
 */
import { createHash } from 'node:crypto';
import type { Codec } from '../core/codec.ts';
import type { MapSpec, StateSpec } from '../core/state-spec.ts';
import { traitsOf } from '../graph/node-traits.ts';
import type { Graph, GraphNode } from '../graph/nodes.ts';
import { keySpread } from './key-spread.ts';
import type { Layout, Plan } from './plan.ts';

export interface StateManifest {
  readonly name: string;
  /** value, list, map, reducing, aggregating; broadcast: a map kept by the task; inFlight: inputs of running calls. */
  readonly kind: string;
  readonly codec: string;
  readonly version: number;
  readonly keyCodec?: string;
}

export interface OperatorManifest {
  readonly id: string;
  readonly kind: string;
  readonly state: readonly StateManifest[];
  /** Tasks of its stage, once known. */
  readonly partitions?: number;
  /** Partitions that its keys are spread over, once known; older manifests do not say it. */
  readonly spread?: number;
}

export interface Manifest {
  readonly format: 1;
  /** Sorted by id. */
  readonly operators: readonly OperatorManifest[];
}

/** With a plan and its layout, partition counts are filled in. */
export function manifestOf(graph: Graph, layout?: { readonly plan: Plan; readonly layout: Layout }): Manifest {
  const partitions = (node: GraphNode): Pick<OperatorManifest, 'partitions' | 'spread'> => {
    const sub = layout?.plan.subTopologies.find((candidate) => candidate.nodes.includes(node.id));
    const count = sub === undefined ? undefined : layout?.layout.tasks.get(sub.id);
    const isKeyed = traitsOf(node).keyedInputs.length > 0;
    const spread = layout === undefined || !isKeyed ? undefined : keySpread(layout.plan, layout.layout, node.id);
    return { ...(count === undefined ? {} : { partitions: count }), ...(spread === undefined ? {} : { spread }) };
  };
  const operators = [...graph.nodes.values()]
    .filter((node) => traitsOf(node).stateful)
    .map((node) => ({ id: node.id, kind: node.kind, state: statesOf(node), ...partitions(node) }));
  return { format: 1, operators: operators.sort((a, b) => compareText(a.id, b.id)) };
}

/** sha256 in hex over what must fit exactly. */
export function fingerprintOf(manifest: Manifest): string {
  const exact = manifest.operators.map(({ id, kind, state }) => [
    id,
    kind,
    state.map((entry) => [entry.name, entry.kind, entry.codec, entry.keyCodec ?? null]),
  ]);
  return createHash('sha256').update(JSON.stringify(exact)).digest('hex');
}

function statesOf(node: GraphNode): readonly StateManifest[] {
  const { state, broadcastState, inputCodec } = traitsOf(node);
  const entries = [
    ...Object.entries(state).map(([name, spec]) => stateManifest(name, spec.kind, spec)),
    ...Object.entries(broadcastState).map(([name, spec]) => stateManifest(name, 'broadcast', spec)),
    ...(inputCodec === undefined ? [] : [stateManifest('calls', 'inFlight', { codec: inputCodec })]),
  ];
  return entries.sort((a, b) => compareText(a.name, b.name) || compareText(a.kind, b.kind));
}

type Coded = { readonly codec: Codec<unknown> } & Partial<Pick<MapSpec<string | number, unknown>, 'keyCodec'>>;

function stateManifest(name: string, kind: StateSpec['kind'] | 'broadcast' | 'inFlight', spec: Coded): StateManifest {
  const { codec, keyCodec } = spec;
  const key = keyCodec === undefined ? {} : { keyCodec: keyCodec.name };
  return { name, kind, codec: codec.name, version: codec.version, ...key };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
