import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResultQueue, type QueueEntry } from '../../src/async/result-queue.ts';

type Step = { readonly add: 'element' | 'watermark' } | { readonly finish: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Step>({ add: 'element' }) },
    { weight: 1, arbitrary: fc.constant<Step>({ add: 'watermark' }) },
    { weight: 4, arbitrary: fc.nat(40).map<Step>((finish) => ({ finish })) },
  ),
  { maxLength: 80 },
);

function play(mode: 'ordered' | 'unordered', script: readonly Step[]) {
  const queue = new ResultQueue<number>(mode);
  const pending: QueueEntry<number>[] = [];
  const input: string[] = [];
  const output: string[] = [];
  const drain = (): void => {
    for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
      output.push(entry.watermark === undefined ? `e${String(entry.sequence)}` : `w${String(entry.watermark)}`);
    }
  };
  let sequence = 0;
  for (const step of script) {
    if ('add' in step) {
      const id = sequence++;
      input.push(step.add === 'element' ? `e${String(id)}` : `w${String(id)}`);
      if (step.add === 'element') pending.push(queue.add(id));
      else queue.add(id, id);
    } else if (pending.length > 0) {
      const [entry] = pending.splice(step.finish % pending.length, 1);
      expect(queue.finish(entry!, { value: entry!.sequence })).toBe(true);
      expect(queue.finish(entry!, undefined)).toBe(false);
    }
    drain();
  }
  for (const entry of pending) queue.finish(entry, { value: entry.sequence });
  drain();
  expect(queue.length).toBe(0);
  return { input, output };
}

describe('ResultQueue', () => {
  test('ordered: everything leaves in input order', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { input, output } = play('ordered', script);
        expect(output).toEqual(input);
      }),
    );
  });

  test('unordered: each result leaves once, and none crosses a watermark', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { input, output } = play('unordered', script);
        const segments = (list: string[]): string[][] => {
          const all: string[][] = [[]];
          for (const item of list) {
            if (item.startsWith('w')) all.push([item], []);
            else all.at(-1)!.push(item);
          }
          return all.map((segment) => [...segment].sort());
        };
        expect(segments(output)).toEqual(segments(input));
      }),
    );
  });

  test('unordered: a finished call overtakes one that still runs', () => {
    const queue = new ResultQueue<number>('unordered');
    queue.add(1);
    const second = queue.add(2);
    queue.finish(second, { value: 2 });
    expect(queue.take()?.sequence).toBe(2);
    expect(queue.take()).toBeUndefined();
  });
});
