/**
 * `npm run acceptance -- power [--kills 25] [--records 200000] [--workers 1] [--seed 1]`: durability `power` against power
 * cuts (test/chaos/power.ts).
 */
import { parseArgs } from 'node:util';
import { StreamError } from '../../src/index.ts';
import { chaosPower } from '../chaos/power.ts';

export async function powerAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kills: { type: 'string', default: '25' },
      records: { type: 'string', default: '200000' },
      workers: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
    },
  });
  const result = await chaosPower({
    kills: Number(values.kills),
    records: Number(values.records),
    workers: Number(values.workers),
    seed: Number(values.seed),
    log: (line) => {
      console.error(line);
    },
  });
  console.log(JSON.stringify(result));
  const wrong = result.lost + result.doubled + result.disordered + result.lostCommits;
  if (wrong > 0) throw new StreamError('LOG_CORRUPT', `a power cut cost ${String(wrong)} commits or records`);
}
