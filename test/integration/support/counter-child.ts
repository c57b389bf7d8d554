/**
 * `counter-child.ts OPTIONS` (JSON): counts the texts of each user of topic JOB-texts into JOB-counts, and tells the count for
 * texts that end with a question mark. Prints its status as a JSON line whenever it commits, and four times a second.
 */
import { delay, systemClock } from '../../../src/core/clock.ts';
import { defineTopology, json, kafka, leveldb, run, string, topic, valueState } from '../../../src/index.ts';
import type { WarmUpOptions } from '../../../src/index.ts';

export interface CounterOptions {
  readonly job: string;
  readonly brokers: string;
  readonly folder: string;
  readonly sessionMs: number;
  readonly partitions?: number;
  readonly standbys?: number;
  readonly warmUps?: WarmUpOptions;
}

const { job: name, sessionMs, ...options } = JSON.parse(process.argv[2]!) as CounterOptions;
/** The name before the first colon. */
const userOf = (text: string): string => text.slice(0, text.indexOf(':'));

const texts = topic(`${name}-texts`, string, { key: userOf });
const counts = topic(`${name}-counts`, string);

const counting = defineTopology({
  name,
  build(t) {
    t.source('texts', texts)
      .keyedByRecordKey(userOf)
      .process('count', {
        state: { count: valueState(json<number>()) },
        output: string,
        onElement(text, ctx) {
          const count = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          if (text.endsWith('?')) ctx.emit(`${text}${String(count)}`);
        },
      })
      .sinkTo('counts', counts);
  },
});
let committedAt: number | undefined;
const job = await run(counting, {
  log: kafka({ brokers: options.brokers, heartbeatInterval: 100 }),
  state: leveldb(options.folder),
  partitions: options.partitions ?? 1,
  standbys: options.standbys ?? 0,
  warmUps: options.warmUps ?? {},
  sessionTimeout: sessionMs,
  onCommit: () => {
    committedAt = Date.now();
    print();
  },
  onWarning: (message) => {
    console.error(message);
  },
});

function print(): void {
  const { tasks, recordsIn, standbys: copies, restore } = job.status;
  console.log(JSON.stringify({ committedAt, tasks, recordsIn, standbys: copies, restore }));
}

for (;;) {
  print();
  await delay(systemClock, 250);
}
