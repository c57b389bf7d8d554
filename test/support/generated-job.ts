/** Counts generated numbers by remainder, over an exchange. */
import { defineTopology, json, number, topic, valueState, type GeneratedPartition } from '../../src/index.ts';

export interface Count {
  readonly remainder: number;
  readonly count: number;
}

export const numbers = topic('numbers', json<number>('number'));
export const counts = topic('counts', json<Count>('count'), { key: ({ remainder }) => remainder });

export default defineTopology({
  name: 'generated',
  build(t) {
    t.source('numbers', numbers)
      .keyBy((n) => n % 7)
      .process('count', {
        output: counts.codec,
        state: { count: valueState(number) },
        onElement(n, ctx) {
          const count = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          ctx.emit({ remainder: n % 7, count });
        },
      })
      .sinkTo('counts', counts);
  },
});

/** `count` numbers, and no more. */
export function numbersUpTo(count: number): GeneratedPartition<number> {
  return {
    bounds: () => ({ start: 0, end: count }),
    next(position) {
      const records = Array.from({ length: Math.min(100, Math.max(0, count - position)) }, (_, i) => {
        return { offset: position + i, key: '', value: position + i, timestamp: 0 };
      });
      return { records, waitMs: records.length === 0 ? 1_000 : 0 };
    },
  };
}
