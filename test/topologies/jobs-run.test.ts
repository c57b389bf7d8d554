/** The jobs on the real runtime, between topics of a memory log, compared with what their pure functions say. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryLog } from '../../src/connectors/memory-log.ts';
import { bytes, leveldb, run, topic } from '../../src/index.ts';
import type { LogFactory, RunOptions, Topic, Topology } from '../../src/index.ts';
import { MemoryStore } from '../../src/state/memory/memory-store.ts';
import aggregation from '../../topologies/aggregation.ts';
import { alertOf } from '../../topologies/support/alert-of.ts';
import { assessmentTasks } from '../../topologies/support/assessment-tasks.ts';
import { mergeFrame } from '../../topologies/support/merge-frame.ts';
import { assessByRule } from '../../topologies/support/rule-assessor.ts';
import { syntheticDetection } from '../../topologies/support/synthetic-detection.ts';
import * as topics from '../../topologies/support/topics.ts';
import taskGeneration from '../../topologies/task-generation.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';

class Bench {
  readonly store = new MemoryStore();
  readonly log = new MemoryLog({ store: this.store });
  deadLetters = 0;

  async write<T>(to: Topic<T>, values: readonly T[]): Promise<void> {
    await this.log.topics.create([{ name: to.name, partitions: 4 }]);
    await writeTopic(this.log, to, values);
  }

  async run<C>(topology: Topology<C>, options: RunOptions<C> = {}): Promise<void> {
    const log: LogFactory = {
      kind: 'memory',
      open: () => Promise.resolve({ log: this.log, store: this.store, close: () => Promise.resolve() }),
    };
    const job = await run(topology, { log, state: leveldb(), bounded: true, ...options });
    await job.finished;
    this.deadLetters = job.status.deadLetters;
  }

  async read<T>(from: Topic<T>): Promise<T[]> {
    return (await readTopic(this.log, from.name, from.codec)).flat();
  }
}

const benches: Bench[] = [];
function bench(): Bench {
  const made = new Bench();
  benches.push(made);
  return made;
}

afterEach(async () => {
  for (const { log } of benches.splice(0)) await log.close();
});

describe('task-generation', () => {
  it('makes the expected tasks of 300 frames and puts the 9 broken ones aside', async () => {
    const data = (name: string): string => readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8');
    const expected = JSON.parse(data('expected-tasks.json')) as { tasks: object; brokenRecords: number };
    const lines = data('frames.jsonl').trimEnd().split('\n');
    const b = bench();
    await b.write(
      topic('detection-results', bytes),
      lines.map((line) => Buffer.from(line)),
    );
    await b.run(taskGeneration);
    const ids = (await b.read(topics.assessmentTasks)).map((task) => task.taskId);
    expect(ids.sort()).toEqual(Object.keys(expected.tasks).sort());
    expect(b.deadLetters).toBe(expected.brokenRecords);
  });
});

describe('aggregation', () => {
  const feed = { seed: 3, cameras: 5, intervalMs: 1_800 };
  const frames = Array.from({ length: 200 }, (_, i) => syntheticDetection(feed, (i % 5) + 1, 1_000_000 + 3 * i));
  const results = frames.flatMap((frame) => assessmentTasks(frame, 2)).map(assessByRule);
  const arrived = results.filter((_, i) => i % 7 !== 0);
  const orphan = { ...arrived[0]!, requestId: 'nobody', taskId: 'nobody_group1' };

  const model = frames.map((frame) =>
    mergeFrame(
      frame,
      arrived.filter((result) => result.requestId === frame.messageId),
      2,
    ),
  );
  const byId = <T extends { readonly messageId: string }>(records: readonly T[]): T[] =>
    records.toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));

  it.each(['direct', 'log'] as const)('emits one record per frame, with the %s exchange', async (exchange) => {
    const b = bench();
    await b.write(topics.detectionResults, frames);
    await b.write(topics.riskAssessmentResults, [...arrived, orphan]);
    // The clock is real: no frame may meet its timer before the input ends.
    await b.run(aggregation, { exchange, config: { merge: { timeout: '1h' } } });

    const incomplete = model.filter((record) => !record.complete);
    expect(incomplete.length).toBeGreaterThan(10);
    expect(byId(await b.read(topics.mergedDetections))).toEqual(byId(model));
    expect(byId(await b.read(topics.incompleteFrames))).toEqual(byId(incomplete));
    expect(await b.read(topics.lateAssessments)).toEqual([orphan]);
    const alertIds = (await b.read(topics.alerts)).map((alert) => alert.alertId);
    expect(alertIds.sort()).toEqual(model.flatMap((record) => alertOf(record)?.alertId ?? []).sort());
  });
});
