import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import type { Codec } from '../../src/core/codec.ts';
import { average, count, max, min, sum } from '../../src/dsl/aggregators.ts';
import type { CodedAggregator } from '../../src/dsl/step-options.ts';

const itself = (value: number): number => value;
const models: readonly [string, CodedAggregator<number, unknown, number>, (values: readonly number[]) => number][] = [
  ['count', count(), (values) => values.length],
  ['sum', sum(itself), (values) => values.reduce((a, b) => a + b, 0)],
  ['min', min(itself), (values) => Math.min(...values)],
  ['max', max(itself), (values) => Math.max(...values)],
  ['average', average(itself), (values) => values.reduce((a, b) => a + b, 0) / values.length],
];

function stored<T>(codec: Codec<T>, value: T): T {
  const out = new ByteWriter();
  codec.encode(value, out);
  return codec.decode(out.buffer, 0, out.length);
}

test.each(models)('%s agrees with its model, through its codec and merged at any point', (_name, aggregator, model) => {
  const fold = (values: readonly number[]): unknown =>
    values.reduce<unknown>(
      (accumulator, value) => aggregator.add(value, stored(aggregator.accumulator, accumulator)),
      aggregator.create(),
    );
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat(), (values, at) => {
      const cut = at % (values.length + 1);
      const merged = aggregator.merge!(fold(values.slice(0, cut)), fold(values.slice(cut)));
      expect(aggregator.result(fold(values))).toBe(model(values));
      expect(aggregator.result(merged)).toBe(model(values));
    }),
  );
});
