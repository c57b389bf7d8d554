/** A job takes the place of a consumer loop: docs/migrating.md. */
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import counting, { pageViews, viewCounts, type PageView } from '../../../examples/page-views.ts';
import { kafka, memory, run } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const group = 'page-view-loop';

describeOnKafka('a job in the group of a kafkajs consumer', {}, (cluster) => {
  test('goes on where the consumer stopped', async () => {
    const { bootstrap } = cluster();
    const log = await openLog(bootstrap);
    await log.topics.create([{ name: 'page-views', partitions: 3 }]);
    const client = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING, connectionTimeout: 30_000 });
    const view = (user: string): PageView => ({ user, page: '/', robot: false });
    // By a producer that writes everything once: kafkajs's own may write a record twice when a leader is new.
    const produce = (views: readonly PageView[]): Promise<void> => writeTopic(log, pageViews, views);
    await produce([view('ann'), view('bob'), view('ann'), view('cleo')]);

    // A set: a rebalance may bring the loop a record twice, which is one reason to migrate.
    const seen = new Set<string>();
    const loop = client.consumer({ groupId: group });
    await loop.connect();
    await loop.subscribe({ topic: 'page-views', fromBeginning: true });
    await loop.run({
      eachMessage: ({ partition, message }) => {
        seen.add(`${String(partition)}:${message.offset}`);
        return Promise.resolve();
      },
    });
    await expect.poll(() => seen.size).toBe(4);
    await loop.disconnect();
    await produce([view('ann'), view('bob'), view('ann')]);

    const job = await run(counting, { log: kafka({ brokers: bootstrap }), state: memory(), group });
    onTestFinished(() => job.close().catch(() => undefined));
    const last = async (): Promise<Readonly<Record<string, number>>> => {
      const counts = (await readSettled(log, 'view-counts', viewCounts.codec)).flat();
      return Object.fromEntries(counts.map(({ user, views }) => [user, views]));
    };
    await expect.poll(last).toEqual({ ann: 2, bob: 1 });
    await job.drain();
  });
});
