/** Two chained exchanges: words are counted, then the updates of each first letter. Every hop must be exactly-once. */
import { count, defineTopology, json, string, topic } from '../../../src/index.ts';
import { pick, randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulatedJob } from './simulated-job.ts';

interface WordCount {
  readonly word: string;
  readonly count: number;
}

interface LetterCount {
  readonly letter: string;
  readonly count: number;
}

const wordCount = json<WordCount>('word-count');
const letterCount = json<LetterCount>('letter-count');

const topology = defineTopology({
  name: 'repartition',
  build(t) {
    t.source('lines', topic('lines', string))
      .flatMap((line) => line.split(' '), { codec: string })
      .keyBy((word) => word)
      .aggregate('words', count(), { output: wordCount, result: (n, word) => ({ word, count: n }) })
      .keyBy(({ word }) => word[0]!)
      .aggregate('letters', count(), { output: letterCount, result: (n, letter) => ({ letter, count: n }) })
      .sinkTo('letters-out', topic('letters', letterCount, { key: ({ letter }) => letter }));
  },
});

const words = ['ash', 'asp', 'elm', 'elder', 'fir', 'oak', 'pine', 'poplar', 'willow'];

export const repartition = simulatedJob<string>(topology, {
  inputs: (random) =>
    Array.from({ length: randomInt(random, 5, 25) }, () =>
      Array.from({ length: randomInt(random, 1, 4) }, () => pick(random, words)).join(' '),
    ),
  expected(lines) {
    const counts = new Map<string, number>();
    return lines
      .flatMap((line) => line.split(' '))
      .map((word) => {
        const letter = word[0]!;
        counts.set(letter, (counts.get(letter) ?? 0) + 1);
        return { letter, count: counts.get(letter)! };
      });
  },
});
