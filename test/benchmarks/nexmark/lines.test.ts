import { expect, test } from 'vitest';
import { linesOf } from '../../../benchmarks/nexmark/lines.ts';

test.each(['', '\n'])('takes every line once, also when the file ends with %j', (end) => {
  const given = Array.from({ length: 50_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 90)}`);
  const { count, batches } = linesOf(Buffer.from(given.join('\n') + end), 'topic');
  const read = batches.flatMap(({ slab, count: records, valueStarts, valueEnds }) =>
    Array.from({ length: records }, (_, i) => slab.toString('utf8', valueStarts[i], valueEnds[i])),
  );
  expect(batches.length).toBeGreaterThan(2);
  expect(read).toEqual(given);
  expect(count).toBe(given.length);
  expect(batches.at(-1)!.nextOffset).toBe(given.length);
});
