/** `--guarantee at-least-once` on a real broker: nothing lost, outputs without transactions, state that fits positions. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Log } from '../../../src/core/log.ts';
import { json, topic } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { cli, CliProcess, freshFolder, until } from '../support/cli-process.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const library = new URL('../../../src/index.ts', import.meta.url).href;
const partitions = 4;
const keys = 20;

interface Event {
  readonly n: number;
}
interface Count extends Event {
  readonly count: number;
}

/** A folder with a job that copies `<name>-in` to `<name>-out`, with the body in between. */
function jobFolder(name: string, body: string): string {
  const folder = freshFolder();
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(
    join(folder, 'job.ts'),
    `import { defineTopology, json, number, topic, valueState } from ${JSON.stringify(library)};
     export default defineTopology({
       name: ${JSON.stringify(name)},
       build(t) {
         t.source('in', topic('${name}-in', json()))
           ${body}
           .sinkTo('out', topic('${name}-out', json()));
       },
     });`,
  );
  return folder;
}

const counting = `
  .keyBy((event) => event.n % ${String(keys)}, { id: 'by' })
  .process('count', {
    output: json(),
    state: { count: valueState(number) },
    onElement({ n }, ctx) {
      const count = (ctx.state.count.get() ?? 0) + 1;
      ctx.state.count.set(count);
      ctx.emit({ n, count });
    },
  })`;

async function put(log: Log, name: string, from: number, count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, i) => ({ n: from + i }));
  await writeTopic(log, topic(name, json<Event>(), { key: ({ n }) => n }), events);
}

async function results(log: Log, name: string): Promise<readonly Count[]> {
  const [found] = await log.topics.describe([name]);
  return found === undefined ? [] : (await readSettled(log, name, json<Count>())).flat();
}

const distinct = (found: readonly Event[]): number => new Set(found.map(({ n }) => n)).size;

describeOnKafka('at least once', {}, (cluster) => {
  const options = () => ['--kafka', cluster().bootstrap, '--guarantee', 'at-least-once'];

  test('a job without state writes no transactions', async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('copy');
    await log.topics.create([`${name}-in`, `${name}-out`].map((topic) => ({ name: topic, partitions })));
    await put(log, `${name}-in`, 0, 5_000);
    const folder = jobFolder(name, ".map((event) => event, { id: 'same', codec: json() })");
    const job = new CliProcess(folder, './job.ts', ...options());
    await until(async () => distinct(await results(log, `${name}-out`)) >= 5_000);
    expect(await job.drain(), job.err).toBe(0);
    const places = Array.from({ length: partitions }, (_, partition) => ({ topic: `${name}-out`, partition }));
    const ends = (await log.topics.bounds(places)).reduce((sum, { end }) => sum + end, 0);
    const copied = await results(log, `${name}-out`);
    expect(distinct(copied)).toBe(5_000);
    expect(ends).toBe(copied.length); // the end of a transaction would have an offset of its own
    const lag = await cli(folder, 'lag', './job.ts', '--kafka', cluster().bootstrap);
    expect(lag.out).toContain('is not behind');
  });

  test('kill -9 under load: nothing is lost, and every start finds state that fits', async () => {
    const log = await openLog(cluster().bootstrap);
    const name = fresh('counts');
    await log.topics.create([`${name}-in`, `${name}-out`].map((topic) => ({ name: topic, partitions })));
    const folder = jobFolder(name, counting);
    let written = 0;
    for (let round = 0; round < 4; round++) {
      const job = new CliProcess(folder, './job.ts', ...options());
      await put(log, `${name}-in`, written, 3_000);
      written += 3_000;
      await until(async () => distinct(await results(log, `${name}-out`)) > written - 2_000);
      if (round < 3) await job.kill();
      else {
        await until(async () => distinct(await results(log, `${name}-out`)) === written);
        expect(await job.drain(), job.err).toBe(0);
      }
      expect(job.err).not.toContain('STATE_MISMATCH');
    }
    const found = await results(log, `${name}-out`);
    for (let key = 0; key < keys; key++) {
      const counts = found.filter(({ n }) => n % keys === key).map(({ count }) => count);
      expect(Math.max(...counts)).toBeGreaterThanOrEqual(written / keys);
    }
  });
});
