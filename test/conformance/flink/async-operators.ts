/**
 * Asynchronous functions. Three things are said in other words than Flink's: a retry is what a function asks for by
 * throwing, it has no delay, and a timeout ends an attempt. So what Flink's timeout handler answers is the answer of the
 * attempt after it here.
 */
import { json, number, type AsyncMapOptions, type CallContext, type Duration } from '../../../src/index.ts';
import type { Calls } from './calls.ts';
import { results } from './observe.ts';
import type { Operator } from './operators.ts';
import { port } from './stimuli.ts';

export interface AsyncOperator {
  readonly operator: (calls: Calls) => Operator;
  /** False: attempts are counted, and one that a crash cuts short counts as well. */
  readonly restartable: boolean;
  /** The calls are answered this long after the last input. Default: at once. */
  readonly answeredAfter?: Duration;
}

const asynchronous =
  (
    call: (calls: Calls, x: number, call: CallContext) => Promise<readonly number[]>,
    options: Omit<AsyncMapOptions<readonly number[]>, 'output'>,
  ) =>
  (calls: Calls): Operator =>
  (t) =>
    results(
      port<number>(t)
        .asyncMap('operator', (x, context) => call(calls, x, context), {
          ...options,
          output: json<readonly number[]>('numbers'),
        })
        .flatMap((numbers) => numbers, { codec: number }),
    );

const double = async (calls: Calls, x: number): Promise<readonly number[]> => {
  await calls.answer();
  return [2 * x];
};

/** Ten answers to an odd number, all empty, of which the first one counts. An empty answer is asked for twice. */
const doubleOfEven = async (_calls: Calls, x: number, { attempt }: CallContext): Promise<readonly number[]> => {
  const numbers = await new Promise<readonly number[]>((answer) => {
    if (x % 2 === 0) answer([2 * x]);
    else for (let i = 0; i < 10; i++) answer([]);
  });
  if (numbers.length === 0 && attempt < 2) throw new Error('nothing yet');
  return numbers;
};

const sameOrTriple = async (calls: Calls, x: number, { attempt }: CallContext): Promise<readonly number[]> => {
  if (attempt > 1) return [3 * x];
  await calls.answer();
  return [x];
};

const failingLate = async (calls: Calls, _x: number, { attempt }: CallContext): Promise<readonly number[]> => {
  if (attempt > 1) return [-1];
  await calls.answer();
  throw new Error('too late to matter');
};

const failing = (): Promise<never> => Promise.reject(new Error('fails for every element'));

const retry = { retry: 2, then: 'fail' } as const;

/** By the id of the case. */
export const asyncOperators: Readonly<Record<string, AsyncOperator>> = {
  'flink/AsyncWaitOperatorTest.testProcessingTimeOrdered': {
    operator: asynchronous(double, { slots: 6, waiting: 0, attemptTimeout: '1s' }),
    restartable: true,
  },
  'flink/AsyncWaitOperatorTest.testWaterMarkUnordered': {
    operator: asynchronous(double, { mode: 'unordered', slots: 2, waiting: 0, attemptTimeout: '1s' }),
    restartable: true,
  },
  'flink/AsyncWaitOperatorTest.testProcessingTimeRepeatedCompleteOrderedWithRetry': {
    operator: asynchronous(doubleOfEven, { slots: 6, waiting: 0, attemptTimeout: '1s', onError: retry }),
    restartable: true,
  },
  'flink/AsyncWaitOperatorTest.testAsyncTimeoutIgnore': {
    operator: asynchronous(sameOrTriple, { slots: 2, waiting: 0, attemptTimeout: '10ms', onError: retry }),
    restartable: false,
  },
  'flink/AsyncWaitOperatorTest.testProcessingTimeWithTimeoutFunctionOrderedWithRetry': {
    operator: asynchronous(failingLate, { slots: 10, waiting: 0, attemptTimeout: '1s', onError: retry }),
    restartable: false,
    answeredAfter: '2s',
  },
  'flink/AsyncWaitOperatorTest.testUnorderedWaitUserExceptionHandlingWithRetry': {
    operator: asynchronous(failing, { mode: 'unordered', slots: 2, waiting: 0, attemptTimeout: '1s', onError: retry }),
    restartable: false,
  },
};
