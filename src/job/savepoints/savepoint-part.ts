/** What a job adds to the rows of its savepoint, and whether it fits the job that is there now. */
import type { PartitionOffset } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { compare } from '../../plan/compare.ts';
import { manifestOf, type Manifest } from '../../plan/manifest.ts';
import type { Layout, Plan } from '../../plan/plan.ts';
import type { TopicInfo } from '../../runtime/worker-options.ts';
import type { SavepointManifest } from '../../state/savepoint-format.ts';

export interface SavepointPart {
  readonly graph: Manifest;
  readonly group: string;
  /** Committed offsets of all inputs. */
  readonly offsets: readonly PartitionOffset[];
  /** The topics of the inputs. Format 1 had none. */
  readonly topics?: Readonly<Record<string, Pick<TopicInfo, 'id' | 'partitions'>>>;
}

/** Whether records went through the log from stage to stage. */
export function exchangeOf(plan: Plan, { offsets, topics = {} }: SavepointPart): 'direct' | 'log' {
  const byLog = plan.exchanges.some(
    ({ topic }) => topics[topic] !== undefined || offsets.some((offset) => offset.topic === topic),
  );
  return byLog ? 'log' : 'direct';
}

/** Fails with SAVEPOINT_INVALID for the savepoint of another job. */
export function savepointPart(manifest: SavepointManifest, plan: Plan, folder: string): SavepointPart {
  const { job } = plan.graph;
  if (manifest.job !== job) {
    throw new StreamError('SAVEPOINT_INVALID', `${folder} is a savepoint of '${manifest.job}'`, {
      job,
      remedy: `Restore it into '${manifest.job}'.`,
    });
  }
  return manifest.extra as SavepointPart;
}

/** Partition counts are what a restore may change; whether these can is checked row by row. */
export function checkGraph(before: Manifest, plan: Plan, layout: Layout, what = 'the savepoint'): void {
  const now = manifestOf(plan.graph, { plan, layout });
  checkSpread(before, now, plan, what);
  const misfits = compare(withoutPartitions(before), withoutPartitions(now)).filter(({ compatible }) => !compatible);
  if (misfits.length === 0) return;
  const changes = misfits.map(({ operator, change }) => `${operator}: ${change}`).join('; ');
  throw new StreamError('GRAPH_CHANGED', `${what} does not fit this graph (${changes})`, {
    job: plan.graph.job,
    remedy: 'Use the topology that wrote it.',
  });
}

// Rows move with the number of tasks. Where keys are spread over fewer partitions (another input has more of them) neither
// may change.
function checkSpread(before: Manifest, now: Manifest, plan: Plan, what: string): void {
  for (const { id, partitions, spread } of now.operators) {
    const old = before.operators.find((operator) => operator.id === id);
    if (old?.partitions === undefined || spread === undefined) continue;
    const { spread: spreadThen = old.partitions === partitions ? spread : old.partitions } = old;
    if (old.partitions === partitions && spreadThen === spread) continue;
    if (old.partitions === spreadThen && partitions === spread) continue;
    const reason = `${what} has the keys in ${String(spreadThen)} of ${String(old.partitions)} tasks, this graph in ${String(spread)} of ${String(partitions)}`;
    throw new StreamError('GRAPH_CHANGED', reason, {
      job: plan.graph.job,
      operator: id,
      remedy:
        'Keep both numbers. Or end the union with the input that makes the tasks more: sink each stream by itself.',
    });
  }
}

function withoutPartitions(manifest: Manifest): Manifest {
  return { ...manifest, operators: manifest.operators.map(({ id, kind, state }) => ({ id, kind, state })) };
}
