import { expect, test } from 'vitest';
import wordCount, { countWords, type WordCount } from '../../examples/word-count.ts';
import { simulate, TopologyDriver } from '../../src/testing/index.ts';

test('words are counted, each line once', async () => {
  await using driver = await TopologyDriver.open(wordCount, { partitions: 4, workers: 2 });
  await driver.input<string>('lines').sendAll(['to be or', 'not to be']);
  const counts = driver.output<WordCount>('counts');
  expect(counts.take()).toContainEqual({ word: 'to', count: 2 });

  await driver.input<string>('lines').send('be');
  expect(counts.take()).toEqual([{ word: 'be', count: 3 }]);
});

test('the counts are right whatever crashes', async () => {
  const lines = ['to be or not to be', 'that is the question', 'whether to be'];
  await simulate(wordCount, { seeds: 20, inputs: lines, expected: countWords });
});
