/**
 * `npm run chaos -- embedded --kills 50 --seed N [--records N] [--workers N] --json`
 * `npm run chaos -- kafka --kills 30 --zombies 10 --joins 10 --records 1000000 --seed N [--standbys N] [--lag N] [--brokers HOST:PORT]
 *     [--keep] --json`
 */
import { parseArgs } from 'node:util';
import { chaosEmbedded } from './embedded.ts';
import { chaosKafka } from './kafka.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '50' },
    zombies: { type: 'string', default: '10' },
    joins: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '500000' },
    workers: { type: 'string', default: '1' },
    standbys: { type: 'string', default: '0' },
    lag: { type: 'string', default: '10000' },
    brokers: { type: 'string' },
    keep: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const common = {
  kills: Number(values.kills),
  seed: Number(values.seed),
  records: Number(values.records),
  log: (line: string): void => {
    console.error(line);
  },
};

function chaos() {
  switch (positionals[0]) {
    case 'embedded':
      return chaosEmbedded({ ...common, workers: Number(values.workers) });
    case 'kafka': {
      const { brokers, keep } = values;
      const faults = { zombies: Number(values.zombies), joins: Number(values.joins) };
      const copies = { standbys: Number(values.standbys), acceptableLag: Number(values.lag) };
      return chaosKafka({ ...common, ...faults, ...copies, brokers, keep });
    }
    default:
      console.error('usage: npm run chaos -- embedded|kafka [--kills N] [--seed N] [--records N] [--json]');
      process.exit(2);
  }
}

const result = await chaos();
console.log(values.json ? JSON.stringify(result) : result);
const found: Readonly<Record<string, number>> = { ...result };
const wrong = ['lost', 'doubled', 'disordered', 'split', 'failed'].reduce((sum, name) => sum + (found[name] ?? 0), 0);
process.exitCode = wrong === 0 ? 0 : 1;
