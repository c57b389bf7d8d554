/** Kafka Streams and this engine read what the other one writes, and agree about where a key lives. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { bytes, defineTopology, kafka, memory, number, run, string, topic, valueState } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { runJava } from '../support/java-program.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';
import { until } from '../support/cli-process.ts';

const totals = fileURLToPath(new URL('streams/Totals.java', import.meta.url));
const partitions = 4;
const keys = [...Array.from({ length: 40 }, (_, i) => `key-${i}`), '0', '-1', '4.5', 'ä', '車', '🚗', 'with space'];

describeOnKafka('beside Kafka Streams', {}, (cluster) => {
  test('outputs of one are inputs of the other, key by key on the same partitions', async () => {
    const { bootstrap } = cluster();
    const log = await openLog(bootstrap);
    const [events, ours, theirs, back] = ['events', 'ours', 'theirs', 'back'].map(fresh) as [
      string,
      string,
      string,
      string,
    ];
    const application = fresh('totals');
    await log.topics.create([events, ours, theirs, back].map((name) => ({ name, partitions })));

    // Three records of each key, on any partition; the job puts them where their keys belong.
    const values = keys.flatMap((key) => [key, key, key]);
    await writeTopic(log, topic(events, string), values);
    const job = await run(
      defineTopology({
        name: fresh('keyed'),
        build: (t) =>
          t.source('events', topic(events, string)).sinkTo('ours', topic(ours, string, { key: (value) => value })),
      }),
      { log: kafka({ brokers: bootstrap }), state: memory() },
    );
    onTestFinished(() => job.close());
    await until(() => job.status.recordsOut >= values.length);
    await job.drain();

    const folder = mkdtempSync(join(tmpdir(), 'millrace-streams-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    const args = [bootstrap, application, ours, theirs, String(values.length), folder];
    expect(await runJava(totals, args, { streams: true })).toEqual([String(values.length)]);

    const placesOf = async (name: string): Promise<Map<string | null, Set<number>>> => {
      const places = new Map<string | null, Set<number>>();
      for (const { key, partition } of await readCommitted(bootstrap, name, { maxRecords: values.length })) {
        places.set(key, (places.get(key) ?? new Set()).add(partition));
      }
      return places;
    };
    const [here, there] = [await placesOf(ours), await placesOf(theirs)];
    expect([...here.values()].every(({ size }) => size === 1)).toBe(true);
    expect(there).toEqual(here);

    // Back again: keyedByRecordKey refuses a record that is not on the partition of its key.
    const reading = await run(
      defineTopology({
        name: fresh('reading'),
        build(t) {
          t.source('theirs', topic(theirs, string), { onError: 'fail' })
            .keyedByRecordKey((update) => update.slice(0, update.lastIndexOf('=')))
            .process('latest', {
              state: { seen: valueState(number) },
              output: string,
              onElement(update, ctx) {
                const seen = (ctx.state.seen.get() ?? 0) + 1;
                ctx.state.seen.set(seen);
                ctx.emit(`${update}/${String(seen)}`);
              },
            })
            .sinkTo('back', topic(back, string));
        },
      }),
      { log: kafka({ brokers: bootstrap }), state: memory() },
    );
    onTestFinished(() => reading.close());
    await until(() => reading.status.recordsOut >= values.length);
    await reading.drain();
    const updates = (await readSettled(log, back, string)).flat();
    expect(updates.toSorted()).toEqual(keys.flatMap((key) => [1, 2, 3].map((n) => `${key}=${n}/${n}`)).toSorted());

    // Its state, as its changelog has it: a 64-bit count per update.
    const changelog = (await readSettled(log, `${application}-totals-changelog`, bytes)).flat();
    const counts = changelog.map((total) => Number(Buffer.from(total).readBigInt64BE()));
    expect(counts.toSorted()).toEqual(keys.flatMap(() => [1, 2, 3]).toSorted());
  });
});
