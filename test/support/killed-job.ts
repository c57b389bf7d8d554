/**
 * A job with a watermark, timers and calls, in a process of its own: `killed-job.ts FOLDER LIFE`. In its first life the call
 * for event 2 never ends, and the process waits to be killed; the second life ends with its input. Tells on standard output
 * what it calls and commits, a JSON line each.
 */
import { defineTopology, embedded, json, leveldb, monotonousTimestamps, run, topic } from '../../src/index.ts';

export interface Event {
  readonly n: number;
  readonly time: number;
}

/** An event as it was seen, or a timer that fired; and after the call, its id and attempt. */
export interface Outcome {
  readonly kind: 'seen' | 'event' | 'processing';
  readonly n?: number;
  readonly time?: number;
  readonly watermark?: number;
  readonly callId?: string;
  readonly attempt?: number;
  readonly life: number;
}

export const events = topic('events', json<Event>('event'), { partitions: 1 });
export const outcomes = topic('outcomes', json<Outcome>('outcome'), { partitions: 1 });

const tell = (line: object): void => {
  console.log(JSON.stringify(line));
};

export const killed = (life: number) =>
  defineTopology({
    name: 'killed',
    build(t) {
      t.source('events', events, { watermarks: monotonousTimestamps((event) => event.time) })
        .keyBy(() => 'all')
        .process('remember', {
          output: outcomes.codec,
          onElement({ n, time }, ctx) {
            ctx.timers.registerEventTime(time + 100);
            if (n === 1) ctx.timers.registerProcessingTime(ctx.processingTime + 200);
            ctx.emit({ kind: 'seen', n, time, watermark: ctx.watermark, life });
          },
          onTimer(time, ctx) {
            ctx.emit({ kind: ctx.domain, ...(ctx.domain === 'event' ? { time } : {}), life });
          },
        })
        .asyncMap(
          'call',
          async (outcome, { id, attempt }) => {
            tell({ called: outcome, id });
            if (outcome.n === 2 && life === 1) await new Promise(() => undefined);
            return { ...outcome, callId: id, attempt, life };
          },
          { output: outcomes.codec, attemptTimeout: '1h' },
        )
        .sinkTo('outcomes', outcomes);
    },
  });

const [script, folder, life] = process.argv.slice(1);
if (script === import.meta.filename) {
  const job = await run(killed(Number(life)), {
    log: embedded(folder!),
    state: leveldb(),
    bounded: life !== '1',
    onCommit: () => {
      tell({ committed: true });
    },
  });
  await job.finished;
}
