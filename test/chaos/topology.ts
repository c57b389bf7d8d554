/** keyed count -> repartition -> 10 s counts closed by event-time timers: every hop and every kind of state, in one job. */
import { defineTopology, json, mapState, monotonousTimestamps, number, topic, valueState } from '../../src/index.ts';

export interface Event {
  readonly key: string;
  /** Number of the event within its key, from 1. */
  readonly n: number;
  readonly time: number;
}

export interface Count {
  readonly key: string;
  readonly n: number;
  readonly count: number;
  /** Who counted, and when: ms since 1970. */
  readonly worker: string;
  readonly at: number;
}

export interface WindowCount {
  readonly group: number;
  readonly end: number;
  readonly count: number;
}

export const windowMs = 10_000;
export const groups = 50;
export const events = topic('chaos-events', json<Event>('event'), { key: (event) => event.key });
export const counts = topic('chaos-counts', json<Count>('count'), { key: (count) => count.key });
export const windows = topic('chaos-windows', json<WindowCount>('window'), { key: (window) => window.group });

export const groupOf = (key: string): number => Number(key.slice(1)) % groups;

/** Blocks the thread now and then, so that a run lasts long enough to be killed in the middle. */
function pace(everyRecords: number, pauseMs: number): () => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let seen = 0;
  return () => {
    if (++seen % everyRecords === 0) Atomics.wait(cell, 0, 0, pauseMs);
  };
}

export default defineTopology({
  name: 'chaos',
  build(t) {
    const wait = pace(500, Number(process.env['CHAOS_PAUSE_MS'] ?? 0));
    const worker = process.env['CHAOS_WORKER'] ?? '';
    const read = t.source('events', events, { watermarks: monotonousTimestamps((event) => event.time) });
    // With an exchange there is one more hop; without it the counting depends on nobody else.
    const keyed =
      process.env['CHAOS_DIRECT'] === undefined
        ? read.keyBy((event) => event.key)
        : read.keyedByRecordKey((event) => event.key);
    const counted = keyed.process('per-key', {
      output: json<Event & Count>('counted'),
      state: { count: valueState(number) },
      onElement(event, ctx) {
        wait();
        const count = (ctx.state.count.get() ?? 0) + 1;
        ctx.state.count.set(count);
        ctx.emit({ ...event, count, worker, at: ctx.processingTime });
      },
    });
    counted.map(({ key, n, count, worker, at }) => ({ key, n, count, worker, at })).sinkTo('counts', counts);
    counted
      .keyBy((event) => groupOf(event.key))
      .process('per-window', {
        output: json<WindowCount>('window'),
        state: { open: mapState(number, number) },
        onElement(event, ctx) {
          const end = Math.floor(event.time / windowMs) * windowMs + windowMs;
          ctx.state.open.set(end, (ctx.state.open.get(end) ?? 0) + 1);
          ctx.timers.registerEventTime(end - 1);
        },
        onTimer(time, ctx) {
          const end = time + 1;
          ctx.emit({ group: ctx.key, end, count: ctx.state.open.get(end)! });
          ctx.state.open.delete(end);
        },
      })
      .sinkTo('windows', windows);
  },
});
