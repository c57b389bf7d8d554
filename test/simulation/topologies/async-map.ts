/** Asynchronous calls in order, then an exchange and a count of their results. */
import { count, defineTopology, json, topic } from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulatedJob } from './simulated-job.ts';

interface Question {
  readonly asker: number;
  readonly n: number;
}

interface Answer {
  readonly asker: number;
  readonly square: number;
}

interface Answered {
  readonly parity: number;
  readonly count: number;
}

const question = json<Question>('question');
const answer = json<Answer>('answer');
const answered = json<Answered>('answered');

const topology = defineTopology({
  name: 'async-map',
  build(t) {
    const answers = t
      .source('questions', topic('questions', question, { key: ({ asker }) => asker }))
      .asyncMap('ask', ({ asker, n }) => Promise.resolve({ asker, square: n * n }), {
        output: answer,
        slots: 3,
        waiting: 4,
      });
    answers.sinkTo('answers', topic('answers', answer, { key: ({ asker }) => asker }));
    answers
      .keyBy(({ square }) => square % 2)
      .aggregate('parities', count(), { output: answered, result: (n, parity) => ({ parity, count: n }) })
      .sinkTo('answered', topic('answered', answered, { key: ({ parity }) => parity }));
  },
});

export const asyncMap = simulatedJob<Question>(topology, {
  inputs: (random) =>
    Array.from({ length: randomInt(random, 10, 40) }, () => ({
      asker: randomInt(random, 0, 5),
      n: randomInt(random, 0, 1_000),
    })),
  expected(questions) {
    const counts = [0, 0];
    return {
      answers: questions.map(({ asker, n }) => ({ asker, square: n * n })),
      answered: questions.map(({ n }) => {
        const parity = (n * n) % 2;
        return { parity, count: ++counts[parity]! };
      }),
    };
  },
});
