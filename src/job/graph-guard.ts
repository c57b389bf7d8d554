/**
 * What the state of a job was written by, kept beside it: a build whose graph does not fit is refused before it reads
 * anything. Row `~graph/<job>`: the manifest as JSON, written at every start.
 */
import { ByteWriter } from '../core/byte-writer.ts';
import { RowBatch } from '../core/row-batch.ts';
import type { Store } from '../core/store.ts';
import { StreamError } from '../core/stream-error.ts';
import { compare } from '../plan/compare.ts';
import { fingerprintOf, manifestOf, type Manifest } from '../plan/manifest.ts';
import type { Layout, Plan } from '../plan/plan.ts';

/** Key of the row that holds the manifest. */
export function graphRow(job: string): string {
  return `~graph/${job}`;
}

/**
 * Compares the graph with the stored one and stores it. Returns the fingerprints that cut rows may have: this graph's and
 * that of the one before, when its state fits. Fails with GRAPH_CHANGED, listing what does not fit.
 */
export async function guardGraph(store: Store, plan: Plan, layout: Layout): Promise<ReadonlySet<string>> {
  const { job } = plan.graph;
  const key = graphRow(job);
  const now = manifestOf(plan.graph, { plan, layout });
  const stored = store.get(key);
  const before = stored === undefined ? undefined : (JSON.parse(stored.toString()) as Manifest);
  const changes = before === undefined ? [] : compare(before, now).filter(({ compatible }) => !compatible);
  if (changes.length > 0) {
    const lines = changes.map(({ operator, change }) => `${operator}: ${change}`);
    throw new StreamError('GRAPH_CHANGED', `the stored state does not fit this graph (${lines.join('; ')})`, {
      job,
      remedy:
        'Run the topology that wrote it, restore a savepoint into the new one, or start with an empty data folder.',
    });
  }
  const rows = new RowBatch(new ByteWriter(1024));
  rows.putBytes(key, Buffer.from(JSON.stringify(now)));
  await store.write([rows]);
  return new Set([plan.fingerprint, before === undefined ? plan.fingerprint : fingerprintOf(before)]);
}
