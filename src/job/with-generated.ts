import { generatedLog } from '../connectors/generated-log.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Plan } from '../plan/plan.ts';
import type { RunOptions } from './options.ts';

/**
 * The log with the topics of a job that are generated. The log underneath gets an empty topic of the same shape: that is
 * where the group's positions are kept.
 */
export async function withGenerated(
  log: Log,
  plan: Plan,
  generated: RunOptions<unknown>['generated'],
  clock: Clock,
): Promise<Log> {
  if (generated === undefined) return log;
  const topics = plan.inputTopics.flatMap(({ name, codec }) => {
    const partitions = generated[name];
    return partitions === undefined ? [] : [[name, { codec, partitions }] as const];
  });
  await log.topics.create(
    topics.map(([name, { partitions }]) => ({ name, partitions: partitions.length, internal: true })),
  );
  return generatedLog(log, new Map(topics), clock);
}
