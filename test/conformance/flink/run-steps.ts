/** Runs a case step by step and compares what each step makes the operator emit. */
import { expect } from 'vitest';
import type { StepCase } from '../case-files.ts';
import type { Layout } from '../layouts.ts';
import { canonical, expectSameRows } from '../same-rows.ts';
import { Bench, type ElementStep, type Output, type WatermarkStep } from './bench.ts';
import type { Operator } from './operators.ts';

export type FlinkCase = StepCase<Step>;

type Step = { readonly out: readonly Output[] } & (
  { readonly in: ElementStep } | WatermarkStep | { readonly processing_time: number }
);

/** A crash comes after half of the steps. `inSequence`: only the order counts, not which step an output belongs to. */
export async function runSteps(
  operator: Operator,
  { steps }: FlinkCase,
  layout: Layout,
  options: { readonly inSequence?: boolean } = {},
): Promise<void> {
  const wanted = steps.flatMap(({ out }) => out);
  const watermarks = wanted.flatMap((output) => ('watermark' in output ? [output.watermark] : []));
  await using bench = await Bench.open(operator, watermarks, layout);
  const all: Output[] = [];
  for (const [i, step] of steps.entries()) {
    if ('in' in step) await bench.element(step.in);
    else if ('watermark' in step) await bench.watermark(step);
    else await bench.driver.clock.advanceTo(step.processing_time);
    const outputs = bench.take();
    all.push(...outputs);
    if (options.inSequence !== true) expectStep(outputs, step.out);
    if (layout.crash && i === (steps.length - 1) >> 1) await bench.driver.restart({ crash: true });
  }
  if (options.inSequence === true) expect(all.map(canonical)).toEqual(wanted.map(canonical));
}

// Results in any order; a watermark comes after what it triggers.
function expectStep(actual: readonly Output[], wanted: readonly Output[]): void {
  expectSameRows(actual, wanted);
  const last = wanted.at(-1);
  if (last !== undefined && 'watermark' in last) expect(actual.at(-1)).toEqual(last);
}
