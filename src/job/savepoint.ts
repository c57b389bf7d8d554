/**
 * Savepoints of a job: its state rows, and the positions that belong to them. The log stays where it is, so a savepoint is
 * restored beside the topics it was taken from (or a copy of them).
 */
import { ByteWriter } from '../core/byte-writer.ts';
import type { Log, PartitionOffset } from '../core/log.ts';
import { RowBatch } from '../core/row-batch.ts';
import { StreamError } from '../core/stream-error.ts';
import { compare } from '../plan/compare.ts';
import { manifestOf, type Manifest } from '../plan/manifest.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import { deleteJobRows } from '../state/delete-job-rows.ts';
import { readManifest, restoreSavepoint, writeSavepoint, type SavepointManifest } from '../state/savepoint.ts';
import { graphRow } from './graph-guard.ts';
import { noSavepoints } from './no-savepoints.ts';
import type { OpenState } from './options.ts';
import type { PreparedTopics } from './prepare-topics.ts';

/** What the job adds to the rows. */
interface JobPart {
  readonly graph: Manifest;
  readonly group: string;
  readonly offsets: readonly PartitionOffset[];
}

export interface SavepointParts {
  readonly plan: Plan;
  readonly prepared: PreparedTopics;
  readonly log: Log;
  readonly state: OpenState;
  readonly group: string;
  readonly folder: string;
}

/** Writes a savepoint into an empty or new folder. The job stands still at a commit. */
export async function savepointOf({ plan, prepared, log, state, group, folder }: SavepointParts): Promise<void> {
  const places = inputPartitions(plan, prepared);
  const committed = await log.topics.committed(group, places);
  const offsets = places.flatMap((place, i) => {
    const offset = committed[i];
    return offset === undefined ? [] : [{ ...place, offset }];
  });
  const extra: JobPart = { graph: manifestOf(plan.graph, { plan, layout: prepared.layout }), group, offsets };
  const partitions = Object.fromEntries(prepared.layout.tasks);
  await writeSavepoint({ folder, job: plan.graph.job, source: state.backend, partitions, extra });
}

function inputPartitions(plan: Plan, { topics }: PreparedTopics) {
  const names = [...plan.inputTopics.map(({ name }) => name), ...plan.exchanges.map(({ topic }) => topic)];
  return names.flatMap((topic) =>
    Array.from({ length: topics.get(topic)?.partitions ?? 0 }, (_, partition) => ({ topic, partition })),
  );
}

export interface RestoreParts extends SavepointParts {
  /** Replace state that the job has now. Without it such state is an error. */
  readonly force: boolean;
}

/**
 * Puts the state of a savepoint in the place of the job's own, and its group back to the positions of the savepoint. The
 * job must not run. Stages behind an exchange may have another number of partitions than then: keys move to theirs.
 * Fails with SAVEPOINT_INVALID, or GRAPH_CHANGED when the graph cannot read the state.
 */
export async function restoreJob(parts: RestoreParts): Promise<void> {
  const { plan, prepared, log, state, group, folder, force } = parts;
  const { job } = plan.graph;
  const { store } = state;
  if (!log.storesRows) throw noSavepoints(job, log.kind);
  if (store === undefined) {
    throw new StreamError('UNSUPPORTED', 'a savepoint cannot be restored into state in memory', {
      job,
      remedy: 'Use leveldb().',
    });
  }
  const manifest = await readManifest(folder);
  const { offsets } = checkedPart(manifest, plan, prepared.layout, folder);
  if (force) await deleteJobRows(store, job);
  await restoreSavepoint({ folder, store, partitions: Object.fromEntries(prepared.layout.tasks) });
  const rows = new RowBatch(new ByteWriter(1024));
  const graph = manifestOf(plan.graph, { plan, layout: prepared.layout });
  rows.putBytes(graphRow(job), Buffer.from(JSON.stringify(graph)));
  const transactor = await log.transactor(`restore-${job}`, 60_000);
  try {
    // FENCED when the job runs: its group has members then.
    await transactor.commit({ outputs: [], offsets, member: { group, generation: -1, memberId: '' }, rows });
  } finally {
    await transactor.close();
  }
}

function checkedPart(manifest: SavepointManifest, plan: Plan, layout: Layout, folder: string): JobPart {
  const { job } = plan.graph;
  if (manifest.job !== job) {
    throw new StreamError('SAVEPOINT_INVALID', `${folder} is a savepoint of '${manifest.job}'`, {
      job,
      remedy: `Restore it into '${manifest.job}'.`,
    });
  }
  const part = manifest.extra as JobPart;
  const now = manifestOf(plan.graph, { plan, layout });
  // Partition counts are what a restore may change; whether these can is checked row by row.
  const changes = compare(withoutPartitions(part.graph), withoutPartitions(now)).filter(
    ({ compatible }) => !compatible,
  );
  if (changes.length > 0) {
    throw new StreamError(
      'GRAPH_CHANGED',
      `the savepoint does not fit this graph (${changes.map(({ operator, change }) => `${operator}: ${change}`).join('; ')})`,
      { job, remedy: 'Restore it into the topology that it was taken from.' },
    );
  }
  return part;
}

function withoutPartitions(manifest: Manifest): Manifest {
  return { ...manifest, operators: manifest.operators.map(({ id, kind, state }) => ({ id, kind, state })) };
}
