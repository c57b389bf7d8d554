/** `restore-child.ts OPTIONS` (JSON): restores a savepoint of the savepoint job by force, and stands still on the way, to be killed. */
import { kafka, restore } from '../../../src/index.ts';
import { hookedLog } from './hooked-log.ts';
import { savepointJob } from './savepoint-job.ts';

export interface RestoreOptions {
  readonly job: string;
  readonly partitions: number;
  readonly brokers: string;
  readonly from: string;
  /** Before which of its changes to the cluster, from 0. */
  readonly stopBefore: number;
}

const { job, partitions, brokers, from, stopBefore } = JSON.parse(process.argv[2]!) as RestoreOptions;
let changes = 0;
const log = hookedLog(kafka({ brokers }), async (change, names) => {
  if (changes++ < stopBefore) return;
  console.log([change, ...names].join(' '));
  setInterval(() => undefined, 1_000_000);
  await new Promise(() => undefined);
});
await restore(savepointJob(job, partitions), { log, from, force: true });
console.log('restored');
