/** Compares what Kafka's own consumer reads with what the input must lead to. */
import { committedRecords } from '../integration/support/console-consumer.ts';
import { expectedWindows } from './input.ts';
import { counts, windows, type Count, type Event, type WindowCount } from './topology.ts';

/** A consumer that shares the machine with brokers and workers may take long to begin. */
const idleMs = 20_000;

export interface OutputFindings {
  readonly lost: number;
  readonly doubled: number;
  /** Records out of order within their key, or with a wrong count. */
  readonly disordered: number;
  /** Windows whose count came in pieces: event time was ahead of a record. */
  readonly split: number;
}

/** How many records and windows are not as they must be. */
export function wrongIn({ lost, doubled, disordered, split }: OutputFindings): number {
  return lost + doubled + disordered + split;
}

export async function checkOutputs(brokers: string, input: readonly Event[]): Promise<OutputFindings> {
  const [a, b] = await Promise.all([checkCounts(brokers, input), checkWindows(brokers, input)]);
  return { lost: a.lost + b.lost, doubled: a.doubled + b.doubled, disordered: a.disordered, split: b.split };
}

// A counted record per event, numbered within its key.
async function checkCounts(brokers: string, input: readonly Event[]): Promise<Omit<OutputFindings, 'split'>> {
  const totals = new Map<string, number>();
  for (const { key, n } of input) totals.set(key, n);
  const seen = new Map([...totals].map(([key, total]) => [key, new Uint8Array(total + 1)]));
  const last = new Map<string, number>();
  let doubled = 0;
  let disordered = 0;
  for await (const { value } of committedRecords(brokers, counts.name, { idleMs })) {
    const { key, n, count } = JSON.parse(value!) as Count;
    if (key.startsWith('z')) continue; // closes windows
    const times = seen.get(key);
    if (times?.[n] === undefined || times[n] > 0) doubled++;
    else times[n] = 1;
    if (n !== (last.get(key) ?? 0) + 1 || count !== n) disordered++;
    last.set(key, n);
  }
  let lost = 0;
  for (const times of seen.values()) for (let n = 1; n < times.length; n++) if (times[n] === 0) lost++;
  return { lost, doubled, disordered };
}

async function checkWindows(brokers: string, input: readonly Event[]): Promise<Omit<OutputFindings, 'disordered'>> {
  const expected = expectedWindows(input);
  const seen = new Set<string>();
  let doubled = 0;
  let split = 0;
  for await (const { value } of committedRecords(brokers, windows.name, { idleMs })) {
    const { group, end, count } = JSON.parse(value!) as WindowCount;
    const id = `${String(group)}@${String(end)}`;
    if (seen.has(id)) split++;
    seen.add(id);
    const left = (expected.get(id) ?? 0) - count;
    doubled += Math.max(0, -left);
    expected.set(id, Math.max(0, left));
  }
  let lost = 0;
  for (const left of expected.values()) lost += left;
  return { lost, doubled, split };
}
