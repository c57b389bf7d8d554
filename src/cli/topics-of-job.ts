import { neededTopics, type NeededTopic } from '../job/prepare-topics.ts';
import type { Plan } from '../plan/plan.ts';
import type { Folder } from './folder.ts';
import type { JobSession } from './session.ts';

/** The topics that a job needs, with what there is of each, by the settings that it would be run with. */
export async function topicsOfJob(
  folder: Folder,
  { configuration }: JobSession,
  plan: Plan,
): Promise<readonly NeededTopic[]> {
  const { settings, topics: overrides } = configuration;
  const onKafka = settings['kafka.brokers'] !== undefined;
  const describe = async (names: readonly string[]) =>
    (await folder.ask('topics.describe', { names })).map((description) => description ?? undefined);
  const { topics } = await neededTopics(
    plan,
    { storesRows: !onKafka, topics: { describe } },
    {
      partitions: settings.partitions,
      exchange: onKafka ? 'log' : (settings.exchange ?? 'direct'),
      replicas: settings['kafka.replication.factor'],
      overrides,
    },
  );
  return topics;
}
