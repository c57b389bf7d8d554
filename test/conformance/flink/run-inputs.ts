/** Runs an asynchronous case: all of its inputs, then answers to all calls that wait. It crashes before the last input. */
import { expect } from 'vitest';
import type { CaseEntry } from '../case-files.ts';
import type { Layout } from '../layouts.ts';
import { canonical } from '../same-rows.ts';
import type { AsyncOperator } from './async-operators.ts';
import { Bench, type ElementStep, type Output, type WatermarkStep } from './bench.ts';
import { Calls } from './calls.ts';

type AsyncInput =
  | ElementStep
  | WatermarkStep
  | { readonly processing_time: number }
  | { readonly open_latch: true }
  | { readonly end_of_input: true };

export interface AsyncCase extends CaseEntry {
  readonly inputs: readonly AsyncInput[];
  readonly expected: {
    readonly order: 'strict' | 'any-between-watermarks';
    readonly error: 'function' | null;
    readonly output: readonly Output[];
  };
}

export async function runInputs(
  { operator, restartable, answeredAfter = '0ms' }: AsyncOperator,
  { inputs, expected }: AsyncCase,
  layout: Layout,
): Promise<void> {
  const calls = new Calls();
  const watermarks = expected.output.flatMap((output) => ('watermark' in output ? [output.watermark] : []));
  await using bench = await Bench.open(operator(calls), watermarks, layout);
  const run = async (): Promise<void> => {
    for (const [i, input] of inputs.entries()) {
      if (layout.crash && restartable && i === inputs.length - 1) await bench.driver.restart({ crash: true });
      if ('value' in input) await bench.element(input);
      else if ('watermark' in input) await bench.watermark(input);
      else if ('processing_time' in input) await bench.driver.clock.advanceTo(input.processing_time);
    }
    await bench.driver.clock.advance(answeredAfter);
    while (calls.answerOne()) await bench.driver.settle();
  };
  if (expected.error === null) await run();
  else
    await expect(run()).rejects.toMatchObject({
      code: 'USER_FUNCTION_FAILED',
      reason: expect.stringMatching('every element'),
    });
  await bench.driver.output('out').read();
  expect(ordered(bench.take(), expected.order)).toEqual(ordered(expected.output, expected.order));
}

/** Text of the outputs; what may come in any order is sorted. */
function ordered(outputs: readonly Output[], order: AsyncCase['expected']['order']): readonly string[] {
  const texts = outputs.map(canonical);
  if (order === 'strict') return texts;
  const segment = outputs.map((_, i) => outputs.slice(0, i).filter((output) => 'watermark' in output).length);
  return texts
    .map((text, i) => ({ text, segment: segment[i]! }))
    .sort((a, b) => a.segment - b.segment || (a.text < b.text ? -1 : 1))
    .map(({ text }) => text);
}
