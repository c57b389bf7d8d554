/** State that is lost with its machine comes back from its changelog, also when the restore dies on its way. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { string, topic } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { freshFolder, until } from '../support/cli-process.ts';
import { Counter } from '../support/counter.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { describeOnKafka } from '../support/on-kafka.ts';
import { readSettled } from '../support/read-settled.ts';

const users = 300_000;

describeOnKafka('restore', {}, (cluster) => {
  test('a process dies while it restores, and the next one begins again', { timeout: 240_000 }, async () => {
    const { bootstrap } = cluster();
    const log = await openLog(bootstrap);
    const job = fresh('restore');
    const texts = topic(`${job}-texts`, string, { key: (text) => text.slice(0, text.indexOf(':')) });
    await log.topics.create([{ name: texts.name, partitions: 1 }]);
    for (let from = 0; from < users; from += 10_000) {
      const batch = Array.from({ length: 10_000 }, (_, i) => `user-${from + i}:`);
      await writeTopic(log, texts, batch);
    }
    const folder = join(freshFolder(), 'state');
    const start = (): Counter => new Counter({ job, brokers: bootstrap, folder, sessionMs: 6_000 });
    const loaded = join(folder, job, '0', 'rows.loaded');
    const answered = async (text: string): Promise<string | undefined> => {
      const found = async () => (await readSettled(log, `${job}-counts`, string)).flat();
      await until(async () => (await found()).some((answer) => answer.startsWith(text)));
      return (await found()).find((answer) => answer.startsWith(text));
    };

    const first = start();
    await first.shows(({ recordsIn, committedAt }) => recordsIn >= users && committedAt !== undefined);
    await writeTopic(log, texts, ['user-1:?']);
    expect(await answered('user-1:?')).toBe('user-1:?2');
    first.kill();
    await first.gone;
    rmSync(folder, { recursive: true });

    const second = start();
    const table = join(loaded, '0', '000002.ldb');
    while (!existsSync(table)) await setImmediate();
    second.kill();
    await second.gone;

    const third = start();
    await third.shows(({ tasks, restore }) => tasks === 1 && restore.records >= users);
    await writeTopic(log, texts, ['user-1:??', 'user-299999:?']);
    expect(await answered('user-1:??')).toBe('user-1:??3');
    expect(await answered('user-299999:?')).toBe('user-299999:?2');
    expect(readdirSync(loaded)).toEqual(['0']);
    third.kill();
    await third.gone;

    // What was loaded is trusted from now on, with what was written to it since.
    const fourth = start();
    await writeTopic(log, texts, ['user-1:???', 'user-150000:?']);
    expect(await answered('user-1:???')).toBe('user-1:???4');
    expect(await answered('user-150000:?')).toBe('user-150000:?2');
    expect(fourth.lines.at(-1)!.restore.records).toBeLessThan(users / 10);
    for (const counter of [second, third, fourth]) expect(counter.errors).toBe('');
  });
});
