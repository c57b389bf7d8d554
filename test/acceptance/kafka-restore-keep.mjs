/**
 * `kafka-restore-keep.mjs BROKERS FOLDER PARTITIONS RECORDS`: keeps the newest text of each user, until nothing is left to read and to
 * restore, and prints what it took as a JSON line: from when the first task begins to restore, if there is anything to
 * restore, to when the last one is ready. A plain process on the built package, as users have it: translating
 * sources would take its part of the processors.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defineTopology, kafka, leveldb, run, string, topic, valueState } from '../../dist/index.js';

const [brokers, folder, ...counts] = process.argv.slice(2);
const [partitions, records] = counts.map(Number);
const userOf = (text) => text.slice(0, text.indexOf(':'));

const keeping = defineTopology({
  name: 'keeping',
  build(t) {
    t.source('texts', topic('texts', string, { key: userOf }))
      .keyedByRecordKey(userOf)
      .process('keep', {
        state: { newest: valueState(string) },
        output: string,
        onElement(text, ctx) {
          ctx.state.newest.set(text);
        },
      });
  },
});

const job = await run(keeping, { log: kafka({ brokers }), state: leveldb(folder), commit: { interval: 5_000 } });
let before = performance.now();
let restoring = false;
for (;;) {
  await delay(5);
  const { tasks, restore, recordsIn } = job.status;
  if (!restoring && restore.remaining > 0) {
    restoring = true;
    before = performance.now();
  }
  if (tasks === partitions && restore.remaining === 0 && (restore.records > 0 || recordsIn >= records)) break;
}
const seconds = (performance.now() - before) / 1000;
const { restore, recordsIn, restarts } = job.status;
await job.close();
const peakKib = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
const peakRssMib = Math.round(peakKib / 1024);
console.log(
  JSON.stringify({ seconds, restored: restore.records, bytes: restore.bytes, recordsIn, restarts, peakRssMib }),
);
