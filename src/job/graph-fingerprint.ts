import { createHash } from 'node:crypto';
import type { Plan } from '../plan/plan.ts';

/** Digest of the whole graph: node ids, kinds and edges. Threads of a job compare it before they start. */
export function graphFingerprint(plan: Plan): string {
  const nodes = [...plan.graph.nodes.values()].map(({ id, kind, inputs }) => [id, kind, inputs]);
  return createHash('sha256')
    .update(JSON.stringify([plan.fingerprint, nodes]))
    .digest('hex');
}
