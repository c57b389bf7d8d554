import { count, defineTopology, json, string, topic } from '../src/index.ts';

export interface WordCount {
  readonly word: string;
  readonly count: number;
}
const WordCount = json<WordCount>('WordCount');

/** Counts words; every new count is a record. */
export default defineTopology({
  name: 'word-count',
  build(t) {
    t.source('lines', topic('lines', string))
      .flatMap((line) => line.split(' '), { codec: string })
      .keyBy((word) => word)
      .aggregate('count', count(), { output: WordCount, result: (n, word) => ({ word, count: n }) })
      .sinkTo('counts', topic('counts', WordCount, { key: ({ word }) => word }));
  },
});

/** What the counts of some lines must be: the same without streams. */
export function countWords(lines: readonly string[]): readonly WordCount[] {
  const counts = new Map<string, number>();
  return lines
    .flatMap((line) => line.split(' '))
    .map((word) => {
      const next = (counts.get(word) ?? 0) + 1;
      counts.set(word, next);
      return { word, count: next };
    });
}
