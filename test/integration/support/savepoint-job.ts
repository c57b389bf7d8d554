/** Keyed counts, a repartition by group, and windows of the groups closed by event-time timers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineTopology, json, mapState, monotonousTimestamps, number, topic, valueState } from '../../../src/index.ts';

export interface Event {
  readonly key: string;
  readonly time: number;
}

export interface Count extends Event {
  readonly count: number;
}

export interface Window {
  readonly group: number;
  readonly end: number;
  readonly count: number;
}

const windowMs = 10_000;

export const groupOf = (key: string): number => Number(key.slice(1)) % 20;
export const endOf = (time: number): number => Math.floor(time / windowMs) * windowMs + windowMs;

export function topicsOf(name: string) {
  return {
    events: topic(`${name}-events`, json<Event>('event'), { key: ({ key }) => key }),
    counts: topic(`${name}-counts`, json<Count>('count'), { key: ({ key }) => key }),
    windows: topic(`${name}-windows`, json<Window>('window'), { key: ({ group }) => group }),
  };
}

/** Blocks the thread now and then, so that a run can be killed in the middle. */
function pace(sleepMs: number): () => void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  let seen = 0;
  return () => {
    if (++seen % 100 === 0) Atomics.wait(cell, 0, 0, sleepMs);
  };
}

export function savepointJob(name: string, partitions: number, sleepMs = 40) {
  const { events, counts, windows } = topicsOf(name);
  return defineTopology({
    name,
    build(t) {
      const wait = pace(sleepMs);
      const counted = t
        .source('events', events, { watermarks: monotonousTimestamps(({ time }) => time) })
        .keyBy(({ key }) => key, { partitions })
        .process('per-key', {
          output: json<Count>('count'),
          state: { count: valueState(number) },
          onElement(event, ctx) {
            wait();
            const count = (ctx.state.count.get() ?? 0) + 1;
            ctx.state.count.set(count);
            ctx.emit({ ...event, count });
          },
        });
      counted.sinkTo('counts', counts);
      counted
        .keyBy(({ key }) => groupOf(key), { partitions })
        .process('per-window', {
          output: json<Window>('window'),
          state: { open: mapState(number, number) },
          onElement({ time }, ctx) {
            const end = endOf(time);
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
}

/** A module with the job, for the command line. */
export function moduleOf(folder: string, name: string, partitions: number, sleepMs = 40): string {
  const path = join(folder, `${name}-${String(partitions)}-${String(sleepMs)}.mts`);
  const here = fileURLToPath(import.meta.url);
  const text = `import { savepointJob } from ${JSON.stringify(here)};\nexport default savepointJob(${[JSON.stringify(name), partitions, sleepMs].join(', ')});\n`;
  writeFileSync(path, text);
  return path;
}
