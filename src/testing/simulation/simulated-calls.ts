/** Asynchronous calls of a topology inside a simulation: they take virtual time, and end with their process. */
import type { AsyncMapNode, Graph } from '../../graph/nodes.ts';
import type { Topology } from '../../dsl/define-topology.ts';
import type { Host } from './host.ts';
import { randomLatency } from './seeded-random.ts';

/** The topology as `host` runs it. */
export function withSimulatedCalls<C>(topology: Topology<C>, host: Host): Topology<C> {
  return {
    ...topology,
    build(config) {
      const graph = topology.build(config);
      const nodes = [...graph.nodes].map(
        ([id, node]) => [id, node.kind === 'asyncMap' ? { ...node, call: slowCall(node.call, host) } : node] as const,
      );
      return { ...graph, nodes: new Map(nodes) } satisfies Graph;
    },
  };
}

/** Typical time of a call on its way to the other side, and back. */
const typicalMs = 10;

function slowCall(call: AsyncMapNode['call'], host: Host): AsyncMapNode['call'] {
  const pass = (): Promise<void> =>
    new Promise((resolve) => {
      host.scheduler.at(randomLatency(host.random, typicalMs), 'user call', resolve, host);
    });
  return async (value, context) => {
    await pass();
    context.signal.throwIfAborted();
    const result = await call(value, context);
    await pass();
    context.signal.throwIfAborted();
    return result;
  };
}
