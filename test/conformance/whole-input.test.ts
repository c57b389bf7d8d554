import { describe, expect, it } from 'vitest';
import { arroyo } from './arroyo/queries.ts';
import { readCase, type WholeInputCase } from './case-files.ts';
import { layouts } from './layouts.ts';
import { nexmark } from './nexmark/queries.ts';
import { canonical, expectSameRows } from './same-rows.ts';
import { runWholeInput } from './whole-input.ts';

describe.each(Object.entries({ ...nexmark, ...arroyo }))('%s', (id, query) => {
  const wanted = readCase<WholeInputCase>(id);

  it.each(layouts)('$partitions partitions, $workers workers, exchange $exchange, crash $crash', async (layout) => {
    const rows = await runWholeInput(query, wanted, layout);
    expectSameRows(rows, wanted.expected.rows);
    if (wanted.expected.ordered && layout.partitions === 1) {
      expect(rows.map(canonical)).toEqual(wanted.expected.rows.map(canonical));
    }
  });
});
