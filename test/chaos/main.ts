/** `npm run chaos -- embedded --kills 50 --seed N [--records N] [--workers N] --json` */
import { parseArgs } from 'node:util';
import { chaosEmbedded } from './embedded.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    records: { type: 'string', default: '500000' },
    workers: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
if (positionals[0] !== 'embedded') {
  console.error('usage: npm run chaos -- embedded [--kills N] [--seed N] [--records N] [--workers N] [--json]');
  process.exit(2);
}
const result = await chaosEmbedded({
  kills: Number(values.kills),
  seed: Number(values.seed),
  records: Number(values.records),
  workers: Number(values.workers),
  log: (line) => {
    console.error(line);
  },
});
console.log(values.json ? JSON.stringify(result) : result);
process.exitCode = result.lost + result.doubled + result.disordered === 0 ? 0 : 1;
