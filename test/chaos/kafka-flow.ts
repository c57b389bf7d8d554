/** What flows through the topology of these runs on a broker: its topics, its input, and the end of its output. */
import { delay, systemClock } from '../../src/core/clock.ts';
import type { Log, TopicPartition } from '../../src/core/log.ts';
import { keyText, partitionOf } from '../../src/core/partitioner.ts';
import { writeTopic } from '../support/write-topic.ts';
import { counts, events, windows, type Event } from './topology.ts';

export const partitions = 4;

const centuryMs = 100 * 365 * 86_400_000;
const quietMs = 12_000;
const patienceMs = 240_000;

export async function createTopics(log: Log): Promise<void> {
  // Event times begin in 1970, and brokers go by them when they delete what is old.
  const names = [events, counts, windows].map(({ name }) => name);
  await log.topics.create(names.map((name) => ({ name, partitions, retentionMs: centuryMs })));
}

export async function writeEvents(log: Log, list: readonly Event[]): Promise<void> {
  await writeTopic(log, events, list, ({ time }) => time);
}

/** Ends the input: closes all windows. */
export async function closeWindows(log: Log, input: readonly Event[]): Promise<void> {
  await writeEvents(log, closingEvents(input.at(-1)!.time + 600_000));
}

/** Resolves when there are as many results as events, and nothing has come for a while; false: that did not happen. */
export async function settled(log: Log, events: number): Promise<boolean> {
  const start = systemClock.monotonic();
  let before = '';
  let quietSince = start;
  while (systemClock.monotonic() - start < patienceMs) {
    await delay(systemClock, 500);
    const [counted, closed] = await outputEnds(log);
    const now = `${String(counted)} ${String(closed)}`;
    if (now !== before) quietSince = systemClock.monotonic();
    before = now;
    if (counted >= events && closed > 0 && systemClock.monotonic() - quietSince > quietMs) return true;
  }
  return false;
}

/** Ends of the outputs as committed readers see them. */
export async function outputEnds(log: Log): Promise<readonly [counts: number, windows: number]> {
  const bounds = await log.topics.bounds([counts, windows].flatMap(({ name }) => placesOf(name)));
  const sum = (topic: string): number =>
    bounds.reduce((total, bound) => (bound.topic === topic ? total + bound.stable : total), 0);
  return [sum(counts.name), sum(windows.name)];
}

export function placesOf(topic: string): readonly TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
}

/** One per partition, so late that all windows before it close. */
function closingEvents(time: number): Event[] {
  const found = new Map<number, Event>();
  for (let i = 0; found.size < partitions; i++) {
    const key = `z${String(i)}`;
    const partition = partitionOf(keyText(key), partitions);
    if (!found.has(partition)) found.set(partition, { key, n: 1, time });
  }
  return [...found.values()];
}
