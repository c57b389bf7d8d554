import { describe, expect, test } from 'vitest';
import type { InFlight } from '../../src/async/in-flight.ts';
import { number } from '../../src/core/codec.ts';
import { AsyncMap } from '../../src/operators/async-map.ts';
import { Counters } from '../../src/operators/counters.ts';
import { Cursor } from '../../src/operators/cursor.ts';
import type { OperatorHost } from '../../src/operators/host.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

type Seen = readonly ['value', unknown] | readonly ['time', number, boolean];

/** An operator whose calls the test answers; `rows` outlives it, as state does. */
function asking(rows = new Map<number, InFlight>()) {
  const seen: Seen[] = [];
  const traces: unknown[] = [];
  const answers: ((value: number) => void)[] = [];
  const mail: (() => void)[] = [];
  const host = {
    cursor: new Cursor(),
    clock: new ManualClock(0),
    mail: (work: () => void) => mail.push(work),
    schedule: () => undefined,
    hold: () => undefined,
  } as unknown as OperatorHost;
  const operator = new AsyncMap(
    {
      id: 'ask',
      host,
      policy: { kind: 'fail' },
      counters: new Counters(),
      call: () => new Promise((resolve) => answers.push(resolve)),
      mode: 'ordered',
      slots: 10,
      waiting: 10,
      attemptTimeoutMs: 1_000,
      inputCodec: number,
      rows,
    },
    {
      process(value) {
        seen.push(['value', value]);
        traces.push(host.cursor.trace);
      },
      onTime: (time, idle) => seen.push(['time', time, idle]),
    },
  );
  const answer = async (value: number): Promise<void> => {
    answers.shift()!(value);
    await new Promise((resolve) => process.nextTick(resolve));
    for (const work of mail.splice(0)) work();
    while (!operator.advance());
  };
  return { operator, seen, traces, cursor: host.cursor, answer, rows };
}

describe('AsyncMap', () => {
  test('is not idle while something is in flight, so that its results are not late', async () => {
    const { operator, seen, answer } = asking();
    operator.onTime(5, false);
    operator.process(1);
    operator.onTime(7, true);
    operator.onTime(9, true);
    expect(seen).toEqual([['time', 5, false]]);
    await answer(11);
    expect(seen.slice(1)).toEqual([
      ['value', 11],
      ['time', 7, false],
      ['time', 9, true],
    ]);
  });

  test('is back at once when its input is', () => {
    const { operator, seen } = asking();
    operator.onTime(5, true);
    operator.process(1);
    operator.onTime(5, false);
    operator.onTime(7, true);
    expect(seen).toEqual([
      ['time', 5, true],
      ['time', 5, false],
    ]);
  });

  test('a restore with calls in flight goes on at the time that was forwarded', async () => {
    const before = asking();
    before.operator.onTime(5, true);
    before.operator.process(1);
    before.operator.onTime(7, true);
    const { operator, seen, answer } = asking(before.rows);
    operator.restore();
    operator.onTime(7, true);
    expect(seen).toEqual([['time', 5, false]]);
    await answer(11);
    expect(seen.slice(1)).toEqual([
      ['value', 11],
      ['time', 7, true],
    ]);
  });

  test('a result has the trace of its element, after a restore too; what comes later has none', async () => {
    const before = asking();
    const trace = [{ key: 'traceparent', value: new Uint8Array([1]) }];
    before.cursor.trace = trace;
    before.operator.process(1);
    before.cursor.trace = undefined;
    before.operator.process(2);
    const { operator, cursor, traces, answer } = asking(before.rows);
    operator.restore();
    await answer(11);
    await answer(12);
    expect(traces).toEqual([trace, undefined]);
    expect(cursor.trace).toBeUndefined();
  });

  test('a restore with nothing in flight takes time and idleness from its input, as one', () => {
    const before = asking();
    before.operator.onTime(5, true);
    const { operator, seen } = asking(before.rows);
    operator.restore();
    operator.onTime(5, true);
    expect(seen).toEqual([['time', 5, true]]);
  });
});
