import { describe, expect, test } from 'vitest';
import { ExchangeEntry } from '../../src/operators/exchange.ts';
import type { OperatorHost } from '../../src/operators/host.ts';

function entryOf(upstreams: number): { entry: ExchangeEntry; seen: (number | boolean)[] } {
  const seen: (number | boolean)[] = [];
  const out = {
    process: () => undefined,
    onWatermark: (time: number) => seen.push(time),
    onIdle: (idle: boolean) => seen.push(idle),
  };
  return { entry: new ExchangeEntry({} as OperatorHost, upstreams, out), seen };
}

describe('ExchangeEntry', () => {
  test('an idle upstream that follows the clock does not count as active, not even for a moment', () => {
    const { entry, seen } = entryOf(2);
    entry.mark(0, 2, 10, true);
    entry.mark(1, 2, 20, true);
    expect(seen).toEqual([true, 10]);
    entry.mark(1, 2, 90, true);
    expect(seen).toEqual([true, 10]);
    entry.mark(0, 2, 30, true);
    expect(seen).toEqual([true, 10, 30]);
  });

  test('an upstream that is active alone moves event time', () => {
    const { entry, seen } = entryOf(2);
    entry.mark(0, 2, 10, true);
    entry.mark(1, 2, 20, false);
    expect(seen).toEqual([20]);
  });

  test('event time that a cut had reached does not go back with the upstreams', () => {
    const { entry, seen } = entryOf(2);
    entry.reach(50);
    entry.mark(0, 2, 10, false);
    entry.mark(1, 2, 50, false);
    expect(seen).toEqual([50]);
  });
});
