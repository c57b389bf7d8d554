import { StreamError } from '../../core/stream-error.ts';
import type { DeadLetterRecord } from '../../runtime/dead-letters.ts';
import type { Command, CommandCall } from '../command.ts';
import type { StoredLetter } from '../dead-letter-box.ts';
import { exitCodes } from '../exit-code.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { withFolder, type JobFolder } from '../with-folder.ts';

const all = { name: 'all', help: 'Also those that were sent back already.' };

export const dlqListCommand: Command = {
  name: 'dlq list',
  summary: 'Lists the dead letters of a job.',
  positionals: ['<job>'],
  options: [all],
  settings: ['data', 'kafka.brokers'],
  examples: ['run-topology dlq list pipeline', 'run-topology dlq list ./my-job.ts --json'],
  run: (call) =>
    withFolder(call, async ({ job, folder }) => {
      const letters = (await folder.ask('dlq.list', { job })).filter(
        ({ redriven }) => !redriven || call.args.values.has('all'),
      );
      if (call.args.values.has('json')) {
        await call.io.stdout.write(letters.map((letter) => `${JSON.stringify(flat(letter))}\n`).join(''));
        return exitCodes.done;
      }
      const rows = letters.map(({ number, letter, redriven }) => [
        String(number),
        new Date(letter.failedAt).toISOString(),
        letter.operator,
        origin(letter),
        letter.code,
        (redriven ? '(sent back) ' : '') + letter.reason,
      ]);
      const none = `${job} has no dead letters.`;
      await call.io.stdout.write(
        `${rows.length === 0 ? none : table(['number', 'failed at', 'operator', 'from', 'code', 'reason'], rows)}\n`,
      );
      return exitCodes.done;
    }),
};

export const dlqShowCommand: Command = {
  name: 'dlq show',
  summary: 'Shows one dead letter with the bytes that could not be processed.',
  positionals: ['<job>', '<number>'],
  settings: ['data', 'kafka.brokers'],
  examples: ['run-topology dlq show pipeline 17', 'run-topology dlq show pipeline 17 --json | jq -r .raw | base64 -d'],
  run: (call) =>
    withFolder(call, async (place) => {
      const [found] = await pick(place, [call.args.positionals[1]!]);
      const json = call.args.values.has('json');
      await call.io.stdout.write(json ? `${JSON.stringify(flat(found!))}\n` : describe(found!));
      return exitCodes.done;
    }),
};

export const dlqRedriveCommand: Command = {
  name: 'dlq redrive',
  summary: 'Sends dead letters back to the operator they failed in, once.',
  positionals: ['<job>', '[<number>]'],
  options: [{ name: 'all', help: 'All that were not sent back yet.' }],
  settings: ['data', 'kafka.brokers'],
  examples: ['run-topology dlq redrive pipeline 17', 'run-topology dlq redrive pipeline --all'],
  run: (call) =>
    withFolder(call, async (place) => {
      const letters = await chosen(call, place);
      const numbers = letters.map(({ number }) => number);
      await place.folder.ask('dlq.sendBack', { job: place.job, numbers });
      const count = letters.length === 1 ? '1 dead letter' : `${letters.length} dead letters`;
      const text = call.args.values.has('json')
        ? JSON.stringify({ redriven: numbers })
        : `Sent ${count} back; ${place.job} takes them in when it runs.`;
      await call.io.stdout.write(`${text}\n`);
      return exitCodes.done;
    }),
};

async function chosen({ args }: CommandCall, place: JobFolder): Promise<readonly StoredLetter[]> {
  const [, ...numbers] = args.positionals;
  if (args.values.has('all') === numbers.length > 0) {
    throw new StreamError('USAGE', 'name the number of a dead letter, or give --all');
  }
  if (numbers.length === 0)
    return (await place.folder.ask('dlq.list', { job: place.job })).filter(({ redriven }) => !redriven);
  return pick(place, numbers);
}

async function pick({ folder, job }: JobFolder, numbers: readonly string[]): Promise<readonly StoredLetter[]> {
  const letters = await folder.ask('dlq.list', { job });
  return numbers.map((text) => {
    const found = letters.find(({ number }) => String(number) === text);
    if (found !== undefined) return found;
    throw new StreamError('USAGE', `${job} has no dead letter ${text}`, {
      remedy: `See \`run-topology dlq list ${job} --all\`.`,
    });
  });
}

function flat({ number, letter, redriven }: StoredLetter): object {
  return { number, redriven, ...letter };
}

function origin({ source, partition, offset, timer }: DeadLetterRecord): string {
  if (timer !== undefined) return `a timer of ${timer.domain} time ${String(timer.time)}`;
  return source === '' ? 'a timer' : `${source}-${String(partition)} @ ${String(offset)}`;
}

function describe({ number, letter, redriven }: StoredLetter): string {
  const { raw, ...fields } = letter;
  const bytes = Buffer.from(raw, 'base64');
  const lines = Object.entries({ number, redriven, ...fields, failedAt: new Date(letter.failedAt).toISOString() });
  const width = Math.max(...lines.map(([name]) => name.length));
  // Text is shown as it is; what could drive a terminal is shown as escapes.
  const text = printable(bytes.toString('utf8'), '\n\t');
  return `${lines.map(([name, value]) => `${name.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join('\n')}\n\n${bytes.length} bytes:\n${text}\n`;
}
