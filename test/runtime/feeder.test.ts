/** Idleness and slices as the feeder decides them, with sources whose log answers are given by hand. */
import { describe, expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import { walkBatches } from '../../src/core/batch-walker.ts';
import { number } from '../../src/core/codec.ts';
import type { RecordBatch } from '../../src/core/record-batch.ts';
import { Counters } from '../../src/operators/counters.ts';
import { Cursor } from '../../src/operators/cursor.ts';
import type { OperatorHost } from '../../src/operators/host.ts';
import { Source } from '../../src/operators/source.ts';
import { Union } from '../../src/operators/union.ts';
import { Feeder } from '../../src/runtime/feeder.ts';
import { TaskInput } from '../../src/runtime/task-input.ts';
import type { Task } from '../../src/runtime/task.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { monotonousTimestamps } from '../../src/time/watermark-strategies.ts';
import { createGenerator } from '../../src/time/watermark-generator.ts';

type Seen = readonly ['value', number] | readonly ['time', number, boolean];

/** A task that unites two sources; `seen` is what came out of the union. */
function twoSources(clock = new ManualClock(0)) {
  const seen: Seen[] = [];
  const out = {
    process: (value: unknown) => seen.push(['value', value as number]),
    onTime: (time: number, idle: boolean) => seen.push(['time', time, idle]),
  };
  const union = new Union(2, out);
  const host = { cursor: new Cursor(), held: false } as unknown as OperatorHost;
  const time = { watermarks: monotonousTimestamps((value: unknown) => value as number) };
  const inputs = union.inputs.map((to, i) => {
    const source = new Source(
      {
        id: `source-${i}`,
        host,
        codec: number,
        policy: { kind: 'fail' },
        counters: new Counters(),
        time,
        partitions: 1,
        generator: () => createGenerator(time.watermarks),
        timeless: false,
      },
      to,
    );
    const place = {
      topic: `t${i}`,
      partition: 0,
      topicId: '',
      broadcast: false,
      node: 'source',
      position: 0,
      now: clock.now(),
    };
    const inputTime = { idleAfterMs: 1_000, whenIdle: 'advance', maxDriftMs: Infinity } as const;
    return new TaskInput(place, { kind: 'source', source, index: 0, time: inputTime });
  });
  const feeder = new Feeder(clock);
  const task = { inputs, operators: { keyed: [] }, held: false, advancing: false } as unknown as Task;
  feeder.setTasks([task]);
  return { clock, seen, feeder, inputs };
}

/** The log's answer to a fetch: records `[from, from + values.length)`, of `end` that are there. */
function answer(
  input: TaskInput,
  now: number,
  values: readonly number[],
  end = input.fetchPosition + values.length,
): void {
  const { topic, partition, fetchPosition } = input;
  let batch: RecordBatch | undefined;
  if (values.length > 0) {
    const writer = new BatchWriter(topic, partition);
    for (const value of values) writer.append(null, number, value, value);
    batch = walkBatches(writer.seal()!.bytes, { topic, partition }).batch!;
    input.lastRecordAt = now;
  }
  const nextOffset = fetchPosition + values.length;
  if (nextOffset >= end) input.emptyAt = now;
  input.accept({ topic, partition, batch, nextOffset, end, stable: nextOffset });
}

describe('an input without records', () => {
  test('is idle after a while, and leaves the minimum', async () => {
    const { clock, seen, feeder, inputs } = twoSources();
    answer(inputs[1]!, 0, []);
    await clock.advance(900);
    answer(inputs[0]!, 900, [5]);
    while (feeder.step());
    expect(seen).toEqual([['value', 5]]);
    await clock.advance(200);
    feeder.step();
    expect(seen.slice(1)).toEqual([['time', 4, false]]);
  });

  test('that has ended is not idle: it has nothing more to say', async () => {
    const { clock, seen, feeder, inputs } = twoSources();
    for (const input of inputs) {
      answer(input, 0, [5]);
      input.stopAt = 1;
    }
    while (feeder.step());
    expect(feeder.finishSources()).toBe(true);
    expect(seen.at(-1)).toEqual(['time', Infinity, false]);
    feeder.timeMoved();
    await clock.advance(3_000);
    feeder.step();
    expect(feeder.timeMoved()).toBe(false);
    expect(seen.at(-1)).toEqual(['time', Infinity, false]);
  });

  test('is not idle while records of it are in doubt', async () => {
    const { clock, seen, feeder, inputs } = twoSources();
    answer(inputs[0]!, 0, [5]);
    answer(inputs[1]!, 0, [], 2);
    while (feeder.step());
    await clock.advance(10_000);
    feeder.step();
    expect(seen).toEqual([['value', 5]]);
  });

  test('is back when records are in doubt, and counts their quiet time from there when they are aborted', async () => {
    const { clock, seen, feeder, inputs } = twoSources();
    for (const input of inputs) answer(input, 0, [5]);
    while (feeder.step());
    await clock.advance(3_000);
    for (const input of inputs) answer(input, clock.now(), []);
    feeder.step();
    expect(seen.splice(0)).toContainEqual(['time', 3_004, true]);

    answer(inputs[1]!, clock.now(), [], 2);
    feeder.arrived();
    feeder.step();
    expect(seen.splice(0)).toEqual([['time', 3_004, false]]);

    await clock.advance(4_000);
    inputs[1]!.fetchPosition = 2;
    inputs[1]!.position = 2;
    for (const input of inputs) answer(input, clock.now(), []);
    feeder.step();
    expect(seen.at(-1)).toEqual(['time', 7_004, true]);
  });

  test('is back before others are fed', async () => {
    const { clock, seen, feeder, inputs } = twoSources();
    answer(inputs[1]!, 0, []);
    await clock.advance(900);
    answer(inputs[0]!, 900, [5]);
    while (feeder.step());
    await clock.advance(200);
    feeder.step();
    seen.length = 0;
    answer(inputs[0]!, clock.now(), [5, 50]);
    answer(inputs[1]!, clock.now(), [6]);
    feeder.arrived();
    while (feeder.step());
    expect(seen).toEqual([
      ['value', 5],
      ['value', 50],
      ['value', 6],
      ['time', 5, false],
    ]);
  });

  test('stays idle through a restart, at the time it had followed the clock to', async () => {
    const before = twoSources();
    for (const input of before.inputs) answer(input, 0, [5]);
    while (before.feeder.step());
    await before.clock.advance(3_000);
    for (const input of before.inputs) answer(input, 3_000, []);
    before.feeder.step();

    const after = twoSources();
    after.inputs.forEach((input, i) => {
      input.restore(before.inputs[i]!.cut());
    });
    expect(after.seen).toEqual([['time', 3_004, true]]);
    for (const input of after.inputs) answer(input, 0, []);
    await after.clock.advance(2_000);
    for (const input of after.inputs) answer(input, 2_000, []);
    after.feeder.step();
    expect(after.seen.slice(1)).toEqual([['time', 5_004, true]]);
  });
});

/** A clock that moves on while a record is processed. */
class WorkClock extends ManualClock {
  worked = 0;

  override monotonic(): number {
    return super.monotonic() + this.worked;
  }
}

describe('a slice', () => {
  test('of slow records is short, also behind an input of fast ones', () => {
    const clock = new WorkClock(0);
    const { seen, feeder, inputs } = twoSources(clock);
    const push = seen.push.bind(seen);
    seen.push = (...items) => {
      clock.worked += items[0]![1] < 10_000 ? 0.0001 : 4;
      return push(...items);
    };
    answer(
      inputs[0]!,
      0,
      Array.from({ length: 10_000 }, (_, i) => i),
    );
    answer(
      inputs[1]!,
      0,
      Array.from({ length: 1_000 }, (_, i) => 10_000 + i),
    );
    const slices: number[] = [];
    while (feeder.step()) slices.push(seen.splice(0).filter(([kind]) => kind === 'value').length);
    expect(slices.slice(0, 2)).toEqual([4096, 4096]);
    expect(Math.max(...slices.slice(3))).toBe(16);
  });
});
