import { describe, expect, it } from 'vitest';
import { defineTopology, json, number, topic, valueState } from '../../src/index.ts';
import { simulate, simulateSeed } from '../../src/testing/simulate.ts';

interface Reading {
  readonly meter: number;
  readonly sum: number;
}

const reading = json<Reading>('reading');

/** Sums per meter; `forgetful` keeps them where no crash can give them back. */
function sums(forgetful: boolean) {
  const outside = new Map<number, number>();
  return defineTopology({
    name: 'sums',
    build(t) {
      t.source('values', topic('values', number, { key: (value) => value % 3 }))
        .keyedByRecordKey((value) => value % 3)
        .process('sum', {
          state: { sum: valueState(number) },
          output: reading,
          onElement(value, ctx) {
            const sum = (forgetful ? outside.get(ctx.key) : ctx.state.sum.get()) ?? 0;
            outside.set(ctx.key, sum + value);
            ctx.state.sum.set(sum + value);
            ctx.emit({ meter: ctx.key, sum: sum + value });
          },
        })
        .sinkTo('sums', topic('sums', reading, { key: ({ meter }) => meter }));
    },
  });
}

function model(values: readonly number[]): readonly Reading[] {
  const sum = [0, 0, 0];
  return values.map((value) => ({ meter: value % 3, sum: (sum[value % 3]! += value) }));
}

const inputs = Array.from({ length: 30 }, (_, i) => i + 1);

describe('simulate', () => {
  it('passes a topology that keeps its state', async () => {
    const report = await simulate(sums(false), { seeds: 20, inputs, expected: model });
    expect(report.seeds).toBe(20);
    expect(report.events).toBeGreaterThan(1_000);
  });

  it('finds state outside of state, and tells the smallest case and how to repeat it', async () => {
    const run = (): Promise<unknown> =>
      simulate(sums(true), {
        seeds: 50,
        inputs,
        expected: model,
        log: 'kafka',
        repeat: (seed) => `npm test -- --seed ${seed}`,
      });
    await expect(run()).rejects.toMatchObject({ code: 'SIMULATION_FAILED' });
    const message = await run().catch((error: unknown) => (error as Error).message);
    expect(message).toMatch(/seed \d+: .*sink sums: record \d+ of partition \d/);
    expect(message).toMatch(/repeat: npm test -- --seed \d+/);
    expect(message).toMatch(/waiting for:/);
  });

  it('repeats itself: a seed has one trace', async () => {
    const run = (seed: number) => simulateSeed(sums(false), { inputs, expected: model }, seed);
    for (const seed of [2, 3, 4]) expect(await run(seed)).toEqual(await run(seed));
    expect((await run(2)).trace).not.toBe((await run(4)).trace);
  });

  it('says when a model lacks a record', async () => {
    const expected = (values: readonly number[]): readonly Reading[] => model(values).slice(1);
    const run = simulate(sums(false), { seeds: 1, inputs, expected, faults: false });
    await expect(run).rejects.toThrow(/where the model has/);
  });

  it('says when the topology gives less than the model', async () => {
    const expected = (values: readonly number[]): readonly Reading[] => [...model(values), { meter: 0, sum: -1 }];
    const run = simulate(sums(false), { seeds: 1, inputs, expected, faults: false, within: '5s' });
    await expect(run).rejects.toThrow(/1 of \d+ records are missing: {"meter":0,"sum":-1}/);
  });

  it('asks for the source where there are several', async () => {
    const two = defineTopology({
      name: 'two',
      build(t) {
        const a = t.source('a', topic('a', number));
        a.union(t.source('b', topic('b', number))).sinkTo('out', topic('out', number));
      },
    });
    const expected = (values: readonly number[]): readonly number[] => values;
    await expect(simulate(two, { inputs: [1], expected })).rejects.toThrow(/2 sources.*input/);
    const input = (value: number) => ({ source: value % 2 === 0 ? 'a' : 'b', value });
    await simulate(two, { seeds: 4, inputs: [1, 2, 3], input, expected });
  });
});
