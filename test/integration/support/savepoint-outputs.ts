/** Events for the savepoint job, what it must make of them, what it made, and how it is run. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { delay, systemClock } from '../../../src/core/clock.ts';
import type { Log } from '../../../src/core/log.ts';
import { keyText, partitionOf } from '../../../src/core/partitioner.ts';
import { freshFolder, until, type CliProcess } from './cli-process.ts';
import { readSettled } from './read-settled.ts';
import { endOf, groupOf, topicsOf, type Event } from './savepoint-job.ts';

export const partitions = 3;
const base = Math.floor(Date.now() / 10_000) * 10_000;

/** Times ascend, so that they do in each partition, too. */
export function eventsOf(from: number, to: number): readonly Event[] {
  return Array.from({ length: to - from }, (_, i) => ({
    key: `k${String((from + i) % 97)}`,
    time: base + (from + i) * 10,
  }));
}

/** One per partition, so late that all windows before it close. */
export function closing(time: number): readonly Event[] {
  const found = new Map<number, Event>();
  for (let i = 0; found.size < partitions; i++) {
    const key = `k${String(1_000 + i)}`;
    found.set(partitionOf(keyText(key), partitions), { key, time });
  }
  return [...found.values()];
}

/** What a batch computation makes of the events. */
export function batch(events: readonly Event[]): readonly string[] {
  const perKey = new Map<string, number>();
  const perWindow = new Map<string, number>();
  const last = Math.max(...events.map(({ time }) => time));
  const counts = events.map((event) => {
    const count = (perKey.get(event.key) ?? 0) + 1;
    perKey.set(event.key, count);
    const end = endOf(event.time);
    if (end <= last) {
      const window = `window ${String(groupOf(event.key))} ${String(end)}`;
      perWindow.set(window, (perWindow.get(window) ?? 0) + 1);
    }
    return `count ${event.key} ${String(event.time)} ${String(count)}`;
  });
  return [...counts, ...[...perWindow].map(([window, count]) => `${window} ${String(count)}`)].sort();
}

export async function outputs(log: Log, name: string): Promise<readonly string[]> {
  const { counts, windows } = topicsOf(name);
  const made = await log.topics.describe([counts.name, windows.name]);
  if (made.includes(undefined)) return [];
  const counted = (await readSettled(log, counts.name, counts.codec)).flat();
  const closed = (await readSettled(log, windows.name, windows.codec)).flat();
  return [
    ...counted.map(({ key, time, count }) => `count ${key} ${String(time)} ${String(count)}`),
    ...closed.map(({ group, end, count }) => `window ${String(group)} ${String(end)} ${String(count)}`),
  ].sort();
}

/** Waits until there are as many outputs as expected, and a little longer: there must not come more. */
export async function settled(log: Log, name: string, count: number): Promise<readonly string[]> {
  let seen: readonly string[] = [];
  await until(
    async () => (seen = await outputs(log, name)).length >= count,
    () => `${String(seen.length)} of ${String(count)} outputs`,
  );
  await delay(systemClock, 2_000);
  return await outputs(log, name);
}

/** Deletes what the job made. */
export async function newOutputs(log: Log, name: string): Promise<void> {
  const { counts, windows } = topicsOf(name);
  const names = [counts.name, windows.name];
  await log.cluster!.deleteTopics(names);
  await until(async () => (await log.topics.describe(names)).every((topic) => topic === undefined));
}

/** Like `work`, but a process that ends meanwhile is a failure. */
export async function running<T>(processes: readonly CliProcess[], work: Promise<T>): Promise<T> {
  const ends = processes.map(async (process) => {
    const code = await process.exit;
    throw new Error(`a worker ended with ${String(code)}: ${process.err}`);
  });
  return await Promise.race([work, ...ends]);
}

/** Lines of `all` that `some` lacks. */
export function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const seen = new Set(some);
  return all.filter((line) => !seen.has(line));
}

/** A folder whose settings give up on the dead soon. */
export function settings(): string {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'millrace.yaml'),
    'kafka:\n  session:\n    timeout: 10s\n  transaction:\n    timeout: 20s\n',
  );
  return folder;
}
