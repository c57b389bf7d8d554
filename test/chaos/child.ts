/** One life of the job, in a process of its own: `child.ts FOLDER WORKERS`. Ends with 0 when the input has been processed. */
import { embedded, leveldb, run } from '../../src/index.ts';
import topology from './topology.ts';

const [folder, workers] = process.argv.slice(2);
const job = await run(topology, {
  log: embedded(folder!),
  state: leveldb(),
  bounded: true,
  workers: Number(workers),
  module: new URL('./topology.ts', import.meta.url).href,
  onWarning: (message) => {
    console.error(message);
  },
});
await job.finished;
