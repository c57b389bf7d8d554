import { beforeAll, describe, expect, test } from 'vitest';
import { inputTopic } from '../../../benchmarks/nexmark/events.ts';
import { expected } from '../../../benchmarks/nexmark/expected.ts';
import { generateEvents } from '../../../benchmarks/nexmark/generate-events.ts';
import { linesOf, type Lines } from '../../../benchmarks/nexmark/lines.ts';
import { queries } from '../../../benchmarks/nexmark/queries.ts';
import { runQuery } from '../../../benchmarks/nexmark/run-query.ts';

const events = 10_000;

describe.each(['heap', 'leveldb'] as const)('with %s state', (state) => {
  let lines: Lines;
  beforeAll(() => {
    const text = Array.from(generateEvents(events, 10_000), (event) => `${JSON.stringify(event)}\n`).join('');
    lines = linesOf(Buffer.from(text), inputTopic);
  });

  test.each([...queries])('%s gives the results of a naive reading of the file', async (name, query) => {
    const { resultCount, checksum } = await runQuery(query, { lines, state, commitMs: 20 });
    expect({ resultCount, checksum }).toEqual(expected(name, events));
  });
});
