import type { AsyncMapNode, CallContext, NodeId } from '../graph/nodes.ts';
import { errorPolicy } from './on-error.ts';
import type { Site } from './site.ts';
import type { AsyncMapOptions } from './step-options.ts';
import type { DataStream } from './streams.ts';

/** Adds an asyncMap node and gives the stream behind it. */
export function addAsyncMap<U>(
  { draft, node, open }: Site,
  id: NodeId,
  input: NodeId,
  call: (value: never, call: CallContext) => Promise<U>,
  options: AsyncMapOptions<U>,
): DataStream<U> {
  const { output, mode = 'ordered', slots = 16, waiting = 256, attemptTimeout = '30s', onError = 'fail' } = options;
  draft.add({
    kind: 'asyncMap',
    id,
    inputs: [input],
    codec: output,
    onError: errorPolicy(onError),
    call: call as AsyncMapNode['call'],
    mode,
    slots,
    waiting,
    attemptTimeout,
    inputCodec: draft.node(node).codec,
  });
  return open(id) as unknown as DataStream<U>;
}
