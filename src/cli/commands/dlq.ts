import { StreamError } from '../../core/stream-error.ts';
import type { DeadLetterRecord } from '../../runtime/dead-letters.ts';
import { letterPlace } from '../../runtime/letter-place.ts';
import type { Command, CommandCall } from '../command.ts';
import type { StoredLetter } from '../dead-letter-box.ts';
import { exitCodes } from '../exit-code.ts';
import type { LetterPlace } from '../folder-calls.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { topicsAndTasks } from '../topics-of-job.ts';
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
  options: [
    { name: 'all', help: 'All that were not sent back yet.' },
    { name: 'again', help: 'Although it was sent back already: the job has gone back to a savepoint since.' },
  ],
  settings: ['data', 'partitions', 'exchange', 'kafka.brokers'],
  examples: ['run-topology dlq redrive pipeline 17', 'run-topology dlq redrive pipeline --all'],
  run: (call) =>
    withFolder(call, async (place) => {
      const letters = await chosen(call, place);
      const { places, left } = await placesNow(place, letters);
      if (left.length > 0 && places.length === 0) throw left[0]!.error;
      await place.folder.ask('dlq.sendBack', { job: place.job, places, again: call.args.values.has('again') });
      const numbers = places.map(({ number }) => number);
      if (call.args.values.has('json')) {
        const stay = left.map(({ number, error: { code, reason } }) => ({ number, code, reason }));
        const report = { redriven: numbers, ...(stay.length === 0 ? {} : { left: stay }) };
        await call.io.stdout.write(`${JSON.stringify(report)}\n`);
      } else {
        await call.io.stdout.write(`Sent ${count(numbers.length)} back; ${place.job} takes them in when it runs.\n`);
        for (const { number, error } of left) {
          await call.io.stderr.write(`Dead letter ${number} was not sent: ${error.message}\n`);
        }
      }
      return left.length === 0 ? exitCodes.done : exitCodes.failed;
    }),
};

function count(letters: number): string {
  return letters === 1 ? '1 dead letter' : `${letters} dead letters`;
}

async function chosen({ args }: CommandCall, place: JobFolder): Promise<readonly StoredLetter[]> {
  const [, ...numbers] = args.positionals;
  if (args.values.has('all') === numbers.length > 0) {
    throw new StreamError('USAGE', 'name the number of a dead letter, or give --all');
  }
  if (numbers.length === 0) {
    if (args.values.has('again')) {
      throw new StreamError('USAGE', 'name the dead letter that is to be sent again', {
        remedy: `See \`run-topology dlq list ${place.job} --all\`. What was sent before the savepoint has been processed.`,
      });
    }
    return (await place.folder.ask('dlq.list', { job: place.job })).filter(({ redriven }) => !redriven);
  }
  return pick(place, numbers);
}

interface Places {
  readonly places: readonly LetterPlace[];
  /** Those that have none. */
  readonly left: readonly { readonly number: number; readonly error: StreamError }[];
}

/** The tasks that these letters belong to now. */
async function placesNow({ folder, session, plan }: JobFolder, letters: readonly StoredLetter[]): Promise<Places> {
  const { layout } = await topicsAndTasks(folder, session, plan);
  const places: LetterPlace[] = [];
  const left: { number: number; error: StreamError }[] = [];
  for (const { number, letter } of letters) {
    try {
      places.push({ number, partition: letterPlace(plan, layout, letter) ?? gone(letter) });
    } catch (error) {
      if (!StreamError.is(error)) throw error;
      left.push({ number, error });
    }
  }
  return { places, left };
}

function gone({ job, operator, subTopology }: DeadLetterRecord): never {
  throw new StreamError('GRAPH_CHANGED', `there is no '${operator}' in stage '${subTopology}' any more`, {
    job,
    operator,
    remedy: 'Send it back with the topology that it failed in, or write the record into its topic again.',
  });
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
