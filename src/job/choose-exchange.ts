/**
 * How records change tasks: directly inside one worker, or over the log. A direct exchange does not read what an earlier run
 * left between the stages (one with more workers, or the savepoint of one), so such a job stays with the log until its
 * exchanges are empty at a start.
 */
import type { Log, PartitionOffset } from '../core/log.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Plan } from '../plan/plan.ts';
import { describeTopics } from './prepare-topics.ts';
import { placesOf } from './savepoints/savepoint.ts';

export interface ExchangeChoice {
  readonly plan: Plan;
  readonly log: Log;
  readonly group: string;
  readonly workers: number;
  /** What the user wants. */
  readonly asked: 'direct' | 'log' | undefined;
  readonly onWarning: (message: string) => void;
}

const fetchBytes = 1024 * 1024;

/** Fails with STATE_MISMATCH where a direct exchange is asked for and would leave records behind. */
export async function chooseExchange(choice: ExchangeChoice): Promise<'direct' | 'log'> {
  const { plan, log, workers, asked, onWarning } = choice;
  const wanted = asked ?? (workers > 1 || !log.storesRows ? 'log' : 'direct');
  if (wanted === 'log' || !log.storesRows) return wanted;
  const topic = await topicWithRecords(choice);
  if (topic === undefined) return wanted;
  const reason = `records of an earlier run wait in ${topic}, and a direct exchange does not read them`;
  if (asked === undefined) {
    onWarning(`${reason}: records are exchanged over the log.`);
    return 'log';
  }
  throw new StreamError('STATE_MISMATCH', reason, {
    job: plan.graph.job,
    topic,
    remedy: "Exchange over the log (exchange: 'log') until the job has been drained.",
  });
}

async function topicWithRecords({ plan, log, group }: ExchangeChoice): Promise<string | undefined> {
  const names = plan.exchanges.map(({ topic }) => topic);
  const places = placesOf(names, { topics: await describeTopics(log, names) });
  if (places.length === 0) return undefined;
  const [committed, bounds] = await Promise.all([log.topics.committed(group, places), log.topics.bounds(places)]);
  const unread = bounds.flatMap(({ topic, partition, start, stable }, i) => {
    const offset = Math.max(start, committed[i] ?? start);
    return offset < stable ? [{ place: { topic, partition, offset }, end: stable }] : [];
  });
  for (const { place, end } of unread) if (await hasRecords(log, place, end)) return place.topic;
  return undefined;
}

// Marks of event time have no key: without records they say nothing that the sources do not say again.
async function hasRecords(
  log: Log,
  { topic, partition, offset: first }: PartitionOffset,
  end: number,
): Promise<boolean> {
  const reader = log.reader();
  try {
    for (let offset = first; offset < end;) {
      const [part] = await reader.fetch({
        partitions: [{ topic, partition, offset }],
        partitionBytes: fetchBytes,
        maxWaitMs: 0,
        isolation: 'committed',
      });
      const batch = part?.batch;
      if (batch?.keyStarts.subarray(0, batch.count).some((start) => start >= 0) === true) return true;
      offset = part?.nextOffset ?? offset;
    }
    return false;
  } finally {
    await reader.close();
  }
}
