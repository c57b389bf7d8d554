import { describe, expect, test } from 'vitest';
import { ExchangeEntry } from '../../src/operators/exchange.ts';
import type { OperatorHost } from '../../src/operators/host.ts';

type Time = readonly [time: number, idle: boolean];

function entryOf(upstreams: number): { entry: ExchangeEntry; seen: Time[] } {
  const seen: Time[] = [];
  const out = { process: () => undefined, onTime: (time: number, idle: boolean) => seen.push([time, idle]) };
  return { entry: new ExchangeEntry({} as OperatorHost, upstreams, out), seen };
}

describe('ExchangeEntry', () => {
  test('an idle upstream that follows the clock does not count as active, not even for a moment', () => {
    const { entry, seen } = entryOf(2);
    entry.mark(0, 2, 10, true);
    entry.mark(1, 2, 20, true);
    entry.mark(1, 2, 90, true);
    entry.mark(0, 2, 30, true);
    expect(seen).toEqual([
      [10, true],
      [30, true],
    ]);
  });

  test('an upstream that is active alone moves event time', () => {
    const { entry, seen } = entryOf(2);
    entry.mark(0, 2, 10, true);
    entry.mark(1, 2, 20, false);
    expect(seen).toEqual([[20, false]]);
  });

  test('what a cut had reached comes back as one, whatever the upstreams say for themselves', () => {
    const { entry, seen } = entryOf(1);
    entry.restore([10, 60], new Set([1]), 50);
    entry.mark(0, 2, 55, false);
    expect(seen).toEqual([
      [50, false],
      [55, false],
    ]);
  });
});
