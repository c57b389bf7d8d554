import { expect, test } from 'vitest';
import { TopicCompression } from '../../../src/connectors/kafka/topic-compression.ts';
import { sealed } from '../../../src/testing/suites/log-suite-kit.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';

test("a topic's own compression comes before that of the options, and is looked up now and then", async () => {
  const clock = new ManualClock();
  const asked: (readonly string[])[] = [];
  const types = new Map([
    ['packed', 'zstd'],
    ['open', 'producer'],
    ['plain', 'uncompressed'],
  ]);
  const compression = new TopicCompression({
    clock,
    fallback: 'lz4',
    maxAgeMs: 1_000,
    lookUp: (topics) => {
      asked.push(topics);
      return Promise.resolve(types);
    },
  });
  const outputs = ['packed', 'open', 'plain', 'hidden', 'packed'].map((topic) => sealed(0, ['a'], topic));
  const expected = [
    ['packed', 'zstd'],
    ['open', 'lz4'],
    ['plain', undefined],
    ['hidden', 'lz4'],
  ];
  expect([...(await compression.of(outputs))]).toEqual(expected);
  await clock.advance(999);
  expect([...(await compression.of(outputs.slice(0, 1)))]).toEqual([['packed', 'zstd']]);
  expect(asked).toEqual([['packed', 'open', 'plain', 'hidden']]);
  await clock.advance(1);
  types.set('packed', 'gzip');
  expect([...(await compression.of(outputs.slice(0, 1)))]).toEqual([['packed', 'gzip']]);
});
