/**
 * One life of the job, in a process of its own: `child.ts FOLDER WORKERS [DURABILITY [NOTES]]`. Ends with 0 when the input
 * has been processed. With a file for notes it notes what reached the disk (see power.ts).
 */
import { embedded, leveldb, run } from '../../src/index.ts';
import { noteSyncs } from './note-syncs.ts';
import topology from './topology.ts';

const [folder, workers, durability = 'process', notes] = process.argv.slice(2);
if (notes !== undefined) await noteSyncs(notes);
const job = await run(topology, {
  log: embedded(folder!, { durability: durability as 'process' | 'power' }),
  state: leveldb(),
  bounded: true,
  workers: Number(workers),
  module: new URL('./topology.ts', import.meta.url).href,
  onWarning: (message) => {
    console.error(message);
  },
});
process.send?.('running');
await job.finished;
if (process.connected) process.disconnect();
