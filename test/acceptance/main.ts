/** `npm run acceptance -- NAME ...`: the long runs. */
import { StreamError } from '../../src/index.ts';
import { flinkAcceptance } from './flink.ts';
import { brokersAcceptance } from './kafka-brokers.ts';
import { heartbeatAcceptance } from './kafka-heartbeat.ts';
import { rebalanceAcceptance } from './kafka-rebalance.ts';
import { restoreAcceptance } from './kafka-restore.ts';
import { powerAcceptance } from './power.ts';
import { stateAcceptance } from './state.ts';

const [name, ...args] = process.argv.slice(2);
const runs: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  flink: flinkAcceptance,
  'kafka-brokers': brokersAcceptance,
  'kafka-heartbeat': heartbeatAcceptance,
  'kafka-rebalance': rebalanceAcceptance,
  'kafka-restore': restoreAcceptance,
  power: powerAcceptance,
  state: stateAcceptance,
};

const acceptance = runs[name ?? ''];
if (acceptance === undefined) {
  console.error(`npm run acceptance -- ${Object.keys(runs).join(' | ')}`);
  process.exitCode = 2;
} else {
  try {
    await acceptance(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = StreamError.is(error) && error.code === 'USAGE' ? 2 : 1;
  }
}
