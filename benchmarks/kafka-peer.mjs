/**
 * Our side of a comparison with other engines on Kafka: one process, told by its environment what to do. It prints
 * `FIRST <epoch ms>` when it has its first record, runs until SIGTERM, and commits its positions in group GROUP.
 *
 *   BROKER IN OUT GROUP    where from, where to          JOB         J1 | J2 | J3
 *   COMMIT_MS              time between two commits      STORE       memory, else LevelDB in STATE_DIR
 *   GUARANTEE              exactly-once, at-least-once
 *
 * Records are {id, cameraId, ts, value, site, keep, pad} with key cameraId and timestamp ts.
 *   J1   those to keep, with `scored: true`              J2          running count per key, an update per record
 *   J3   count per key in windows of 10 s, once each, when a record of a later window has come
 */
import { existsSync } from 'node:fs';

const built = new URL('../dist/index.js', import.meta.url);
if (!existsSync(built)) (await import('tsx/esm/api')).register();
const {
  contract,
  defineTopology,
  kafka,
  leveldb,
  mapState,
  memory,
  monotonousTimestamps,
  number,
  run,
  topic,
  valueState,
} = await import(existsSync(built) ? built.href : new URL('../src/index.ts', import.meta.url).href);

const { BROKER, IN, OUT, GROUP, JOB, COMMIT_MS = '1000', GUARANTEE, STORE, STATE_DIR } = process.env;

const record = (name, ...fields) =>
  contract({ type: 'record', name, fields: fields.map(([field, type]) => ({ name: field, type })) });
const cameraId = ['cameraId', 'int'];
const frame = [
  ['id', 'int'],
  cameraId,
  ['ts', 'long'],
  ['value', 'double'],
  ['site', 'int'],
  ['keep', 'boolean'],
  ['pad', 'string'],
];
const byCamera = { key: (value) => value.cameraId };

let isFirst = true;
function first(value) {
  if (isFirst) console.log(`FIRST ${Date.now()}`);
  isFirst = false;
  return value;
}

const jobs = {
  J1(t) {
    const scored = record('Scored', ...frame, ['scored', 'boolean']);
    t.source('frames', topic(IN, record('Frame', ...frame)))
      .filter((value) => first(value).keep)
      .map((value) => ({ ...value, scored: true }), { codec: scored })
      .sinkTo('out', topic(OUT, scored, byCamera));
  },
  J2(t) {
    const counted = record('Counted', cameraId, ['count', 'int']);
    t.source('frames', topic(IN, record('Frame', cameraId)))
      .keyedByRecordKey((value) => value.cameraId)
      .process('count', {
        state: { count: valueState(number) },
        output: counted,
        onElement(value, ctx) {
          const count = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          ctx.emit({ cameraId: first(value).cameraId, count });
        },
      })
      .sinkTo('out', topic(OUT, counted, byCamera));
  },
  J3(t) {
    const windowMs = 10_000;
    const counted = record('Counted', cameraId, ['count', 'int'], ['start', 'long']);
    t.source('frames', topic(IN, record('Frame', cameraId)), { watermarks: monotonousTimestamps() })
      .keyedByRecordKey((value) => value.cameraId)
      .process('count', {
        state: { counts: mapState(number, number) },
        output: counted,
        onElement(value, ctx) {
          first(value);
          const start = Math.floor(ctx.timestamp / windowMs) * windowMs;
          const before = ctx.state.counts.get(start);
          if (before === undefined) ctx.timers.registerEventTime(start + windowMs - 1);
          ctx.state.counts.set(start, (before ?? 0) + 1);
        },
        onTimer(time, ctx) {
          const start = time + 1 - windowMs;
          ctx.emit({ cameraId: ctx.key, count: ctx.state.counts.get(start), start });
          ctx.state.counts.delete(start);
        },
      })
      .sinkTo('out', topic(OUT, counted, byCamera));
  },
};

const job = await run(defineTopology({ name: GROUP, build: jobs[JOB] }), {
  log: kafka({ brokers: BROKER, guarantee: GUARANTEE }),
  state: STORE === 'memory' ? memory() : leveldb(STATE_DIR),
  commit: { linger: Number(COMMIT_MS), interval: Number(COMMIT_MS) },
  ...(process.env.SESSION_MS ? { sessionTimeout: Number(process.env.SESSION_MS) } : {}),
  onWarning: (message) => console.error(message),
});
process.on('SIGTERM', () => void job.close());
await job.finished;
