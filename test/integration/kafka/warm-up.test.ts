/** A second process joins one that runs tasks with state: how long the task pauses that moves, with and without a warm-up. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { delay, systemClock } from '../../../src/core/clock.ts';
import type { Log } from '../../../src/core/log.ts';
import { string, topic, type WarmUpOptions } from '../../../src/index.ts';
import { writeTopic } from '../../support/write-topic.ts';
import { freshFolder, until } from '../support/cli-process.ts';
import { Counter } from '../support/counter.ts';
import { fresh, openLog } from '../support/kafka-case.ts';
import { readSettled } from '../support/read-settled.ts';
import { describeOnKafka } from '../support/on-kafka.ts';

const users = 400_000;
const partitions = 2;
const probed = 20;
const settleMs = 3_000;

/** Notes when each answer can be read, until it is stopped. */
async function watch(log: Log, name: string, seen: Map<string, number[]>, signal: AbortSignal): Promise<void> {
  const reader = log.reader();
  const places = Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition, offset: 0 }));
  while (!signal.aborted) {
    const parts = await reader.fetch({
      partitions: places,
      partitionBytes: 1 << 20,
      maxWaitMs: 100,
      isolation: 'committed',
    });
    for (const { partition, batch, nextOffset } of parts) {
      places[partition]!.offset = nextOffset;
      for (let i = 0; batch !== undefined && i < batch.count; i++) {
        const text = string.decode(batch.slab, batch.valueStarts[i]!, batch.valueEnds[i]!);
        seen.set(text, [...(seen.get(text) ?? []), Date.now()]);
      }
    }
  }
  await reader.close();
}

/** Status lines tell of a move a little later. */
const moveMs = 2_000;

interface Moved {
  /** Longest wait for an answer while the task moved, and at any time. */
  readonly pauseMs: number;
  readonly longestMs: number;
  readonly medianMs: number;
  readonly movedAfterMs: number;
  /** Commits of the first process while the second one made its copy. */
  readonly meanwhile: number;
  /** Records that were restored while the task stood still. */
  readonly restored: number;
}

describeOnKafka('a second process', {}, (cluster) => {
  async function join2(warmUps: WarmUpOptions): Promise<Moved> {
    const { bootstrap } = cluster();
    const log = await openLog(bootstrap);
    const name = fresh('warm-up');
    const texts = topic(`${name}-texts`, string, { key: (text) => text.slice(0, text.indexOf(':')) });
    await log.topics.create([{ name: texts.name, partitions }]);
    for (let from = 0; from < users; from += 10_000) {
      const count = Math.min(10_000, users - from);
      await writeTopic(
        log,
        texts,
        Array.from({ length: count }, (_, i) => `user-${from + i}:`),
      );
    }
    const folder = freshFolder();
    const start = (which: string): Counter =>
      new Counter({
        job: name,
        brokers: bootstrap,
        folder: join(folder, which),
        sessionMs: 30_000,
        partitions,
        warmUps,
      });
    const owner = start('owner');
    await owner.shows(
      ({ recordsIn, committedAt, tasks }) => recordsIn >= users && committedAt !== undefined && tasks === 2,
    );

    const seen = new Map<string, number[]>();
    const writtenAt = new Map<string, number>();
    const over = new AbortController();
    const watching = watch(log, `${name}-counts`, seen, over.signal);
    let round = 0;
    const ask = async (): Promise<void> => {
      const user = `user-${String(round % probed)}`;
      const count = 2 + Math.floor(round / probed);
      writtenAt.set(`${user}:${String(round)}?${String(count)}`, Date.now());
      await writeTopic(log, texts, [`${user}:${String(round++)}?`]);
      await delay(systemClock, 20);
    };
    for (let i = 0; i < 50; i++) await ask();
    const joinedAt = Date.now();
    const other = start('other');
    const moved = (): boolean => owner.lines.at(-1)!.tasks === 1 && other.lines.at(-1)?.tasks === 1;
    while (!moved()) await ask();
    const movedAt = Date.now();
    while (Date.now() - movedAt < settleMs) await ask();
    await until(() => seen.size >= round);
    over.abort();
    await watching;

    const answers = (await readSettled(log, `${name}-counts`, string)).flat().sort();
    expect(answers).toEqual([...writtenAt.keys()].sort());
    expect(owner.errors + other.errors).toBe('');
    const waitsOf = (asked: readonly (readonly [string, number])[]): number[] =>
      asked.map(([text, at]) => seen.get(text)![0]! - at).sort((a, b) => a - b);
    const waits = waitsOf([...writtenAt]);
    const moving = waitsOf([...writtenAt].filter(([, at]) => at > movedAt - moveMs && at <= movedAt));
    const copiedFrom = other.lines.findIndex(({ standbys }) => standbys.tasks === 1);
    const commits = new Set(owner.lines.filter(({ tasks }) => tasks === 2).map(({ committedAt }) => committedAt));
    return {
      pauseMs: moving.at(-1) ?? 0,
      longestMs: waits.at(-1)!,
      medianMs: waits[Math.floor(waits.length / 2)]!,
      movedAfterMs: movedAt - joinedAt,
      meanwhile: copiedFrom < 0 ? 0 : [...commits].filter((at = 0) => at > joinedAt).length,
      restored: other.lines.at(-1)!.restore.records,
    };
  }

  test('takes a task over once it has its state: the pause is short', async () => {
    const result = await join2({});
    console.error('with a warm-up', JSON.stringify(result));
    expect(result.meanwhile).toBeGreaterThan(3);
    expect(result.restored).toBeLessThan(users / 20);
    expect(result.pauseMs).toBeLessThan(15_000); // half of the session: no member was waited for
  });

  test('has its task pause for the whole restore when it moves at once', async () => {
    const result = await join2({ acceptableLag: 1e9 });
    console.error('at once', JSON.stringify(result));
    expect(result.meanwhile).toBe(0);
    expect(result.restored).toBeGreaterThan(users / 3);
  });
});
