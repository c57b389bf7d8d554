import fc from 'fast-check';
import { expect, test } from 'vitest';
import { abortFilter } from '../../../src/connectors/kafka/abort-filter.ts';
import type { AbortedTransaction } from '../../../src/connectors/kafka/protocol/fetch.ts';
import type { BatchHeader } from '../../../src/core/batch-format.ts';

/** A partition as a list: data of a producer, or the end of its transaction. The index is the offset. */
interface Entry {
  readonly producerId: number;
  readonly end?: 'abort' | 'commit';
}

function logOf(steps: readonly { readonly producerId: number; readonly end: 'abort' | 'commit' | 'no' }[]): Entry[] {
  const open = new Set<number>();
  return steps.flatMap(({ producerId, end }): Entry[] => {
    if (end === 'no') open.add(producerId);
    else if (!open.delete(producerId)) return []; // nothing to end
    return [end === 'no' ? { producerId } : { producerId, end }];
  });
}

/** Every given-up transaction, as the broker keeps them. */
function abortedOf(log: readonly Entry[]): (AbortedTransaction & { readonly lastOffset: number })[] {
  const first = new Map<number, number>();
  return log.flatMap(({ producerId, end }, offset) => {
    if (end === undefined) {
      if (!first.has(producerId)) first.set(producerId, offset);
      return [];
    }
    const firstOffset = first.get(producerId)!;
    first.delete(producerId);
    return end === 'abort' ? [{ producerId, firstOffset, lastOffset: offset }] : [];
  });
}

const steps = fc.array(fc.record({ producerId: fc.nat(3), end: fc.constantFrom('no', 'no', 'abort', 'commit') }), {
  minLength: 10,
  maxLength: 60,
  size: 'max',
});

test('keeps what no given-up transaction wrote, wherever a fetch begins and ends', () => {
  fc.assert(
    fc.property(steps, fc.nat(20), fc.nat(60), fc.nat(6), (made, from, size, seed) => {
      const log = logOf(made);
      const to = Math.min(log.length, from + size);
      const aborted = abortedOf(log);
      const told = aborted
        .filter(({ firstOffset, lastOffset }) => firstOffset < to && lastOffset >= from)
        // In any order.
        .sort((a, b) => ((a.firstOffset * seed) % 7) - ((b.firstOffset * seed) % 7));
      const { onControl, drops } = abortFilter(told);
      const kept: number[] = [];
      for (let offset = from; offset < to; offset++) {
        const { producerId, end } = log[offset]!;
        if (end !== undefined) onControl?.({ producerId, type: end, offset });
        else if (drops?.({ producerId, lastOffset: offset } as BatchHeader) !== true) kept.push(offset);
      }
      const lost = (offset: number, { producerId }: Entry): boolean =>
        aborted.some((one) => one.producerId === producerId && one.firstOffset <= offset && offset < one.lastOffset);
      const right = log.flatMap((entry, offset) =>
        offset >= from && offset < to && entry.end === undefined && !lost(offset, entry) ? [offset] : [],
      );
      expect(kept).toEqual(right);
    }),
    { numRuns: 1000 },
  );
});
