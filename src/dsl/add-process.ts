/** Adds the nodes of `process` in its forms. Types were checked by the streams; here they are erased. */
import type { Codec } from '../core/codec.ts';
import type { StateSpec } from '../core/state-spec.ts';
import type {
  BroadcastFunction,
  BroadcastProcessNode,
  CoProcessFunction,
  KeyedFunction,
  NodeId,
  ProcessNode,
  Value,
} from '../graph/nodes.ts';
import { errorPolicy, type OnError } from './on-error.ts';
import type { Site } from './site.ts';

interface Outputs {
  readonly output?: Codec<Value>;
  readonly sideOutputs?: Readonly<Record<string, Codec<Value>>>;
  readonly state?: Readonly<Record<string, StateSpec>>;
  readonly onError?: OnError;
}

interface Common {
  readonly codec: Codec<Value> | undefined;
  readonly onError: ReturnType<typeof errorPolicy>;
  readonly state: Readonly<Record<string, StateSpec>>;
  readonly sideOutputs: Readonly<Record<string, Codec<Value>>>;
}

function common({ output, onError = 'fail', state = {}, sideOutputs = {} }: Outputs): Common {
  return {
    codec: output,
    onError: errorPolicy(onError),
    state: Object.freeze({ ...state }),
    sideOutputs: Object.freeze({ ...sideOutputs }),
  };
}

function checkFunctions(site: Site, id: NodeId, spec: object, names: string[]): void {
  site.draft.sync(id, spec as Readonly<Record<string, unknown>>, names);
}

export function addProcess(site: Site, id: NodeId, spec: Outputs & Pick<ProcessNode, 'onElement'>): NodeId {
  const { state: _none, ...shared } = common(spec);
  checkFunctions(site, id, spec, ['onElement']);
  const onElement: ProcessNode['onElement'] = (value, ctx) => spec.onElement(value, ctx);
  return site.draft.add({ kind: 'process', id, inputs: [site.node], ...shared, onElement });
}

export function addKeyedProcess(site: Site, id: NodeId, input: NodeId, spec: Outputs & KeyedFunction): NodeId {
  checkFunctions(site, id, spec, ['onElement', 'onTimer']);
  return site.draft.add({
    kind: 'keyedProcess',
    id,
    inputs: [input],
    label: 'process',
    ...common(spec),
    function: spec,
  });
}

export function addCoProcess(
  site: Site,
  id: NodeId,
  inputs: readonly [NodeId, NodeId],
  spec: Outputs & CoProcessFunction,
): NodeId {
  checkFunctions(site, id, spec, ['onFirst', 'onSecond', 'onTimer']);
  return site.draft.add({ kind: 'coProcess', id, inputs, ...common(spec), function: spec });
}

export function addBroadcastProcess(
  site: Site,
  id: NodeId,
  inputs: readonly [NodeId, NodeId],
  broadcastState: BroadcastProcessNode['broadcastState'],
  keyed: boolean,
  spec: Outputs & BroadcastFunction,
): NodeId {
  checkFunctions(site, id, spec, ['onElement', 'onBroadcast', 'onTimer']);
  return site.draft.add({
    kind: 'broadcastProcess',
    id,
    inputs,
    keyed,
    broadcastState,
    ...common(spec),
    function: spec,
  });
}
