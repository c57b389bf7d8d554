/** A process dies for good: how soon another one goes on with its state, with and without a copy of it. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { delay, systemClock } from '../../../src/core/clock.ts';
import { string, topic } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { freshFolder, until } from '../support/cli-process.ts';
import { Counter } from '../support/counter.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const sessionMs = 10_000;
const users = 200_000;

describeOnKafka('standbys', {}, (cluster) => {
  async function takeOver(standbys: number): Promise<{ afterSessionMs: number; restored: number; answers: string[] }> {
    const { bootstrap } = cluster();
    const log = await openLog(bootstrap);
    const name = fresh('standby');
    const texts = topic(`${name}-texts`, string, { key: (text) => text.slice(0, text.indexOf(':')) });
    await log.topics.create([{ name: texts.name, partitions: 1 }]);
    for (let from = 0; from < users; from += 10_000) {
      await writeTopic(
        log,
        texts,
        Array.from({ length: 10_000 }, (_, i) => `user-${from + i}:`),
      );
    }
    const folder = freshFolder();
    const start = (which: string): Counter =>
      new Counter({ job: name, brokers: bootstrap, folder: join(folder, which), sessionMs, standbys });
    const owner = start('owner');
    await owner.shows(({ recordsIn, committedAt }) => recordsIn >= users && committedAt !== undefined);
    const other = start('other');
    await other.shows((line) => line.standbys.tasks === standbys && line.standbys.lag === 0);
    await delay(systemClock, 2_000); // without a copy nothing tells that it has joined
    const killedAt = Date.now();
    owner.kill();
    await writeTopic(log, texts, ['user-7:?', 'user-199999:?']);
    await other.shows(({ committedAt = 0 }) => committedAt > killedAt);
    const read = async () => (await readSettled(log, `${name}-counts`, string)).flat().sort();
    await until(async () => (await read()).length >= 2);
    const answers = await read();
    const first = other.lines.find(({ committedAt = 0 }) => committedAt > killedAt)!;
    expect(other.errors).toBe('');
    return {
      afterSessionMs: first.committedAt! - killedAt - sessionMs,
      restored: other.lines.at(-1)!.restore.records,
      answers,
    };
  }

  test('a copy takes over soon', async () => {
    const result = await takeOver(1);
    console.error('with a standby', JSON.stringify(result));
    expect(result.answers).toEqual(['user-199999:?2', 'user-7:?2']);
    expect(result.restored).toBeLessThan(users / 10);
    expect(result.afterSessionMs).toBeLessThan(30_000);
  });

  test('without a copy everything is restored', async () => {
    const result = await takeOver(0);
    console.error('without', JSON.stringify(result));
    expect(result.answers).toEqual(['user-199999:?2', 'user-7:?2']);
    expect(result.restored).toBeGreaterThanOrEqual(users);
  });
});
