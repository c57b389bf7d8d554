import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import type { Log, PartitionBounds, Transactor } from '../../../src/core/log.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { codeOf, commitOf, sealed, valuesOf } from '../../../src/testing/suites/log-suite-kit.ts';
import { readCommitted } from '../support/console-consumer.ts';
import { fresh, openLog, TestMember } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const root = new URL('../../../', import.meta.url);
const nobody = { group: 'nobody', generation: -1, memberId: '' };

/** Values that committed readers see, of all partitions. */
async function valuesIn(log: Log, topic: string, partitions = 1): Promise<string[]> {
  const values: string[] = [];
  const reader = log.reader();
  const read = { partitionBytes: 1 << 20, maxWaitMs: 1_000, isolation: 'committed' } as const;
  for (let partition = 0; partition < partitions; partition++) {
    const { start, end } = await settled(log, topic, partition);
    for (let offset = start; offset < end;) {
      const [fetched] = await reader.fetch({ ...read, partitions: [{ topic, partition, offset }] });
      if (fetched === undefined) continue;
      values.push(...valuesOf(fetched));
      offset = fetched.nextOffset;
    }
  }
  await reader.close();
  return values;
}

/** The bounds, once no transaction is open. */
async function settled(log: Log, topic: string, partition: number): Promise<PartitionBounds> {
  let bounds: PartitionBounds | undefined;
  const open = async (): Promise<boolean> => {
    [bounds] = await log.topics.bounds([{ topic, partition }]);
    return bounds!.stable < bounds!.end;
  };
  await expect.poll(open, { interval: 20 }).toBe(false);
  return bounds!;
}

/** What Kafka's own consumer reads. */
async function valuesOfJava(bootstrap: string, topic: string, maxRecords: number): Promise<(string | null)[]> {
  return (await readCommitted(bootstrap, topic, { maxRecords })).map(({ value }) => value);
}

async function createTopic(log: Log, partitions = 1): Promise<string> {
  const name = fresh('topic');
  await log.topics.create([{ name, partitions, retentionMs: -1 }]);
  return name;
}

/** Another process that has written to a topic in a transaction and is killed before it commits. */
async function diesInTransaction(bootstrap: string, id: string, topic: string, timeoutMs: number): Promise<void> {
  const program = `
    const { openKafkaLog } = await import(${JSON.stringify(new URL('src/connectors/kafka/kafka-log.ts', root).href)});
    const { systemClock: clock, systemRandom: random } = await import(${JSON.stringify(new URL('src/core/clock.ts', root).href)});
    const { sealed } = await import(${JSON.stringify(new URL('src/testing/suites/log-suite-kit.ts', root).href)});
    const log = await openKafkaLog({ brokers: ${JSON.stringify(bootstrap)} }, { clock, random });
    const transactor = await log.transactor(${JSON.stringify(id)}, ${timeoutMs});
    await transactor.append([sealed(0, ['never'], ${JSON.stringify(topic)})]);
    console.log('open');
    setInterval(() => undefined, 1000);
  `;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('open\n');
  child.kill('SIGKILL');
  await once(child, 'close');
}

async function stableEnd(log: Log, topic: string): Promise<{ readonly stable: number; readonly end: number }> {
  const [bounds] = await log.topics.bounds([{ topic, partition: 0 }]);
  return bounds!;
}

const settings = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000' };

describeOnKafka('transactions on one broker', { settings }, (cluster) => {
  test('a zombie is FENCED at whatever it does, and nothing of it is seen', async () => {
    const [one, two] = [await openLog(cluster().bootstrap), await openLog(cluster().bootstrap)];
    const topic = await createTopic(one, 2);
    const id = fresh('id');
    const zombies: Transactor[] = [];
    for (let i = 0; i < 3; i++) zombies.push(await one.transactor(id, 60_000)); // each fences those before it
    const zombie = zombies[2]!;
    await zombie.commit(commitOf([sealed(0, ['before'], topic)]));
    await zombie.append([sealed(0, ['open'], topic)]);
    const heir = await two.transactor(id, 60_000);
    expect(await codeOf(zombie.append([sealed(0, ['late'], topic)]))).toBe('FENCED');
    expect(await codeOf(zombies[0]!.commit(commitOf([sealed(1, ['late'], topic)])))).toBe('FENCED');
    expect(await codeOf(zombies[1]!.commit(commitOf([], [{ topic, partition: 0, offset: 9 }], nobody)))).toBe('FENCED');
    expect(await codeOf(zombie.abort())).toBe('FENCED');
    await zombie.close();
    await heir.commit(commitOf([sealed(0, ['after'], topic)]));
    expect(await valuesIn(two, topic, 2)).toEqual(['before', 'after']);
    expect(await heir.committed('nobody', [{ topic, partition: 0 }])).toEqual([undefined]);
  });

  test('what a killed holder left open is ended at once by the next one', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log);
    const id = fresh('id');
    await diesInTransaction(cluster().bootstrap, id, topic, 600_000);
    const hanging = await stableEnd(log, topic);
    expect(hanging.stable).toBeLessThan(hanging.end);
    const before = performance.now();
    const heir = await log.transactor(id, 60_000);
    await heir.commit(commitOf([sealed(0, ['after'], topic)]));
    console.log(`after SIGKILL the next holder had committed after ${(performance.now() - before).toFixed(0)} ms`);
    expect(await valuesIn(log, topic)).toEqual(['after']);
  });

  test('nobody else needs to come: the broker ends it with its timeout', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log);
    await diesInTransaction(cluster().bootstrap, fresh('id'), topic, 10_000);
    const hanging = await stableEnd(log, topic);
    expect(hanging.stable).toBeLessThan(hanging.end);
    const other = await log.transactor(fresh('id'), 60_000);
    await other.commit(commitOf([sealed(0, ['behind'], topic)])); // committed, but readers wait for what is before it
    const before = performance.now();
    expect(await valuesIn(log, topic)).toEqual(['behind']);
    console.log(`readers went on ${(performance.now() - before).toFixed(0)} ms after a commit behind a hanging one`);
  });

  test('a transaction that took too long is FENCED, not committed', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log);
    const slow = await log.transactor(fresh('id'), 5_000);
    await slow.append([sealed(0, ['slow'], topic)]);
    await expect.poll(async () => (await stableEnd(log, topic)).stable).toBe(2);
    expect(await codeOf(slow.commit(commitOf([sealed(0, ['more'], topic)])))).toBe('FENCED');
    expect((await stableEnd(log, topic)).end).toBe(2);
  });

  test('a stale generation is REBALANCE and nothing is committed; the same cut goes through under the new one', async () => {
    const [one, two] = [await openLog(cluster().bootstrap), await openLog(cluster().bootstrap)];
    const topic = await createTopic(one);
    const group = fresh('group');
    const a = await TestMember.join(one, group, 'a', 2);
    await expect.poll(() => a.tasks.length).toBe(2);
    const old = a.handle.id;
    const b = await TestMember.join(two, group, 'b', 2);
    await expect.poll(() => [a.tasks.length, b.tasks.length]).toEqual([1, 1]);
    const transactor = await one.transactor(fresh('id'), 60_000);
    const cut = [[sealed(0, ['once'], topic)], [{ topic, partition: 0, offset: 7 }]] as const;
    expect(await codeOf(transactor.commit(commitOf(...cut, old)))).toBe('REBALANCE');
    expect(await transactor.committed(group, [{ topic, partition: 0 }])).toEqual([undefined]);
    await transactor.commit(commitOf(...cut, a.handle.id));
    expect(await transactor.committed(group, [{ topic, partition: 0 }])).toEqual([7]);
    await b.handle.leave();
    expect(await codeOf(transactor.commit(commitOf(...cut, b.handle.id)))).toBe('FENCED');
    expect(await valuesIn(one, topic)).toEqual(['once']);
  });

  test('committed offsets wait for the transaction that may change them', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log);
    const group = fresh('group');
    const place = { topic, partition: 0 };
    const transactor = await log.transactor(fresh('id'), 60_000);
    for (let offset = 1; offset <= 50; offset++) {
      await transactor.commit(commitOf([], [{ ...place, offset }], { ...nobody, group }));
      expect(await transactor.committed(group, [place])).toEqual([offset]);
    }
  });

  test('says what is wrong with its configuration', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log);
    await expect(log.transactor(fresh('id'), 86_400_000)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: expect.stringContaining('transaction.max.timeout.ms') as string,
    });
    const transactor = await log.transactor(fresh('id'), 60_000);
    const unknown = transactor.commit(commitOf([sealed(0, ['x'], fresh('missing'))]));
    await expect(unknown).rejects.toMatchObject({ code: 'TOPIC_UNKNOWN' });
    const tooLarge = log.topics.create([{ name: fresh('topic'), partitions: 1, replicas: 5 }]);
    await expect(tooLarge).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      remedy: expect.stringContaining('number of brokers') as string,
    });
    await transactor.commit(commitOf([sealed(0, ['still works'], topic)]));
  });

  test.each(['gzip', 'snappy', 'lz4', 'zstd'])('topics of %s are written as such', async (compression) => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('topic');
    await log.topics.create([{ name, partitions: 1, compression, retentionMs: -1 }]);
    const transactor = await log.transactor(fresh('id'), 60_000);
    const values = Array.from({ length: 500 }, (_, i) => `value ${i % 10} of many`);
    await transactor.commit(commitOf([sealed(0, values, name)]));
    expect(await valuesIn(log, name)).toEqual(values);
    expect(await valuesOfJava(cluster().bootstrap, name, 500)).toEqual(values);
  });
});

describeOnKafka('transactions on three brokers', { brokers: 3, heapMb: 300 }, (cluster) => {
  test('leaders and coordinators are killed under load: nothing is lost or doubled', async () => {
    const log = await openLog(cluster().bootstrap);
    const topic = await createTopic(log, 6);
    const group = fresh('group');
    const [id, place] = [fresh('id'), { topic, partition: 0 }];
    const perCommit = 60;
    const progress = { next: 0, gapMs: 0, reopened: 0, errors: [] as string[] };
    let stop = false;
    // As the engine does it: what was committed is the truth after any failure.
    const load = (async () => {
      let transactor = await log.transactor(id, 60_000);
      let last = performance.now();
      while (!stop) {
        const first = progress.next;
        const parts = Array.from({ length: 6 }, (_, partition) =>
          sealed(
            partition,
            Array.from({ length: perCommit / 6 }, (_unused, i) => String(first + partition + 6 * i)),
            topic,
          ),
        );
        try {
          await transactor.commit(commitOf(parts, [{ ...place, offset: first + perCommit }], { ...nobody, group }));
          progress.next += perCommit;
        } catch (error) {
          progress.errors.push(StreamError.is(error) ? error.code : String(error));
          await transactor.close();
          transactor = await log.transactor(id, 60_000);
          const [committed] = await transactor.committed(group, [place]);
          progress.next = committed ?? 0;
          progress.reopened++;
        }
        progress.gapMs = Math.max(progress.gapMs, performance.now() - last);
        last = performance.now();
      }
      await transactor.close();
    })();
    const advanced = (by: number): Promise<unknown> => {
      const target = progress.next + by;
      return expect.poll(() => progress.next).toBeGreaterThan(target);
    };
    for (const broker of cluster().brokers) {
      await advanced(5_000);
      progress.gapMs = 0;
      await broker.kill();
      await advanced(5_000);
      console.log(`broker ${broker.id} killed: longest gap ${progress.gapMs.toFixed(0)} ms`);
      await broker.start();
      await advanced(1_000);
    }
    stop = true;
    await load;
    console.log(`${progress.next} records, ${progress.reopened} reopened, errors: ${progress.errors.join() || 'none'}`);
    // The last record of each partition: whoever has read it has read all before it.
    const closing = await log.transactor(fresh('id'), 60_000);
    await closing.commit(commitOf([0, 1, 2, 3, 4, 5].map((partition) => sealed(partition, ['end'], topic))));
    const values = await valuesOfJava(cluster().bootstrap, topic, progress.next + 6);
    expect(values.filter((value) => value === 'end')).toHaveLength(6);
    expect(values).toHaveLength(progress.next + 6);
    expect(new Set(values).size).toBe(progress.next + 1);
  });
});
