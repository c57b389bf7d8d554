/**
 * One life of a worker process: `kafka-child.ts BROKERS FOLDER SESSION_MS [INSTANCE]`, copies of state by CHAOS_STANDBYS and
 * CHAOS_LAG. Runs until SIGTERM; ends with 1 when the job fails.
 */
import { kafka, leveldb, run } from '../../src/index.ts';
import topology from './topology.ts';

const [brokers, folder, sessionTimeout, instance] = process.argv.slice(2);
const { CHAOS_STANDBYS: standbys = '0', CHAOS_LAG: lag = '10000' } = process.env;
const job = await run(topology, {
  log: kafka({ brokers: brokers! }),
  state: leveldb(folder),
  partitions: 4,
  sessionTimeout: Number(sessionTimeout),
  ...(instance === undefined ? {} : { instance }),
  standbys: Number(standbys),
  warmUps: { acceptableLag: Number(lag) },
  restart: { initial: '200ms', max: '2s', attempts: 100 },
  onWarning: (message) => {
    console.error(message);
  },
});
process.on('SIGTERM', () => {
  job.close().catch(() => undefined); // told by `finished`
});
await job.finished;
