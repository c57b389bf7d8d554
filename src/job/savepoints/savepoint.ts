/**
 * Savepoints of a job: its state rows, the positions that belong to them, and the records between its stages: those are
 * written again by a job that goes back, and purged on Kafka by one that goes on. All other topics stay where they are,
 * so a savepoint is restored beside the topics it was taken from, or copies of them.
 */
import type { Log, TopicPartition } from '../../core/log.ts';
import { manifestOf } from '../../plan/manifest.ts';
import type { Plan } from '../../plan/plan.ts';
import { internalInputs } from '../../runtime/internal-inputs.ts';
import type { TopicInfo } from '../../runtime/worker-options.ts';
import type { RowSource } from '../../state/job-rows.ts';
import { writeSavepoint } from '../../state/write-savepoint.ts';
import type { PreparedTopics } from '../prepare-topics.ts';
import type { SavepointPart } from './savepoint-part.ts';
import { unreadRecords } from './unread-records.ts';

export interface SavepointParts {
  readonly plan: Plan;
  readonly prepared: PreparedTopics;
  readonly log: Log;
  readonly rows: RowSource;
  readonly group: string;
  readonly folder: string;
  /** Called at the end; when it fails there is no savepoint. */
  readonly confirm?: () => Promise<void>;
}

/** Writes a savepoint into an empty or new folder. The job stands still at a commit. */
export async function savepointOf(parts: SavepointParts): Promise<void> {
  const { plan, prepared, log, rows, group, folder, confirm } = parts;
  const internal = new Set(internalInputs(plan).map(({ topic }) => topic));
  const names = [...plan.inputTopics.map(({ name }) => name), ...internal].filter((name) => prepared.topics.has(name));
  const places = placesOf(names, prepared);
  const committed = await log.topics.committed(group, places);
  const offsets = places.flatMap((place, i) => {
    const offset = committed[i];
    return offset === undefined ? [] : [{ ...place, offset }];
  });
  const between = places.flatMap((place, i) => (internal.has(place.topic) ? [{ place, offset: committed[i] }] : []));
  const bounds = await log.topics.bounds(between.map(({ place }) => place));
  const unread = between.map(({ place, offset }, i) => ({ ...place, offset: offset ?? bounds[i]!.start }));
  const part: SavepointPart = {
    graph: manifestOf(plan.graph, { plan, layout: prepared.layout }),
    group,
    offsets,
    topics: Object.fromEntries(names.map((name) => [name, savedInfo(prepared.topics.get(name)!)])),
  };
  await writeSavepoint({
    folder,
    job: plan.graph.job,
    source: rows,
    partitions: Object.fromEntries(prepared.layout.tasks),
    records: unreadRecords(log, unread),
    extra: part,
    ...(confirm === undefined ? {} : { confirm }),
  });
}

// What else is known of a topic is found out where the savepoint is restored.
function savedInfo({ id, partitions }: TopicInfo): Pick<TopicInfo, 'id' | 'partitions'> {
  return { id, partitions };
}

/** All partitions of these topics. */
export function placesOf(
  names: readonly string[],
  { topics }: Pick<PreparedTopics, 'topics'>,
): readonly TopicPartition[] {
  return names.flatMap((topic) =>
    Array.from({ length: topics.get(topic)?.partitions ?? 0 }, (_, partition) => ({ topic, partition })),
  );
}
