/**
 * `standbys-child.ts JOB BROKERS FOLDER STANDBYS SESSION_MS`: counts the texts of each user of topic JOB-texts into JOB-counts.
 * Prints its status as a JSON line whenever it commits, and four times a second.
 */
import { delay, systemClock } from '../../../src/core/clock.ts';
import { defineTopology, json, kafka, leveldb, run, string, topic, valueState } from '../../../src/index.ts';

const [name = '', brokers = '', folder = '', standbys, sessionTimeout] = process.argv.slice(2);
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
  log: kafka({ brokers, heartbeatInterval: 100 }),
  state: leveldb(folder),
  partitions: 1,
  standbys: Number(standbys),
  sessionTimeout: Number(sessionTimeout),
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
