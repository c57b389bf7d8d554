import { StreamError } from '../core/stream-error.ts';
import { builtInJobs, loadTopology } from '../job/load-topology.ts';
import type { Engine } from './engine.ts';

/** The engine that runs jobs in this process. */
export const systemEngine: Engine = {
  builtInJobs,
  loadTopology,
  run: async () => {
    throw new StreamError('UNSUPPORTED', 'running is not wired yet');
  },
  openLog: async () => {
    throw new StreamError('UNSUPPORTED', 'the embedded log is not wired yet');
  },
};
