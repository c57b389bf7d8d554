import { neededTopics, type NeededTopic, type NeededTopics } from '../job/prepare-topics.ts';
import type { Plan } from '../plan/plan.ts';
import type { Folder } from './folder.ts';
import type { JobSession } from './session.ts';

/** The topics that a job needs, with what there is of each, by the settings that it would be run with. */
export async function topicsOfJob(folder: Folder, session: JobSession, plan: Plan): Promise<readonly NeededTopic[]> {
  return (await topicsAndTasks(folder, session, plan)).topics;
}

/** The same, with the tasks that it would have. */
export async function topicsAndTasks(folder: Folder, { configuration }: JobSession, plan: Plan): Promise<NeededTopics> {
  const { settings, topics: overrides } = configuration;
  const onKafka = settings['kafka.brokers'] !== undefined;
  const describe = async (names: readonly string[]) =>
    (await folder.ask('topics.describe', { names })).map((description) => description ?? undefined);
  return await neededTopics(
    plan,
    { storesRows: !onKafka, topics: { describe }, ...(onKafka ? { cluster: 'kafka' } : {}) },
    {
      partitions: settings.partitions,
      exchange: onKafka ? 'log' : (settings.exchange ?? 'direct'),
      replicas: settings['kafka.replication.factor'],
      overrides,
    },
  );
}
