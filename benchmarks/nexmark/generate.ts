/** `npm run bench -- nexmark-data --events N --rate R > FILE`: the input of the queries. */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { generateEvents } from './generate-events.ts';

const chunkCharacters = 1 << 20;

export async function generate(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { events: { type: 'string', default: '2000000' }, rate: { type: 'string', default: '10000' } },
  });
  let chunk = '';
  for (const event of generateEvents(Number(values.events), Number(values.rate))) {
    chunk += `${JSON.stringify(event)}\n`;
    if (chunk.length < chunkCharacters) continue;
    if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
    chunk = '';
  }
  process.stdout.write(chunk);
}
