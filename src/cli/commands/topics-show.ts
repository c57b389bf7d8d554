/** `topics show`: the committed records of a topic, partition after partition. */
import { isUtf8 } from 'node:buffer';
import { StreamError } from '../../core/stream-error.ts';
import type { Command, CommandCall } from '../command.ts';
import { didYouMean } from '../config/nearest.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import type { Folder } from '../folder.ts';
import { printable } from '../printable.ts';
import { openSession, placeOf } from '../session.ts';
import type { StoredRecord } from '../topic-reader.ts';

export const topicsShowCommand: Command = {
  name: 'topics show',
  summary: 'Prints the committed records of a topic.',
  positionals: ['<topic>'],
  options: [
    { name: 'partition', value: 'N', help: 'Only this partition.' },
    { name: 'from', value: 'N', help: 'Offset to begin at, in each partition. Default: the earliest.' },
    { name: 'limit', value: 'N', help: 'Most records in all. Default: 20.' },
  ],
  settings: ['data', 'kafka.brokers'],
  examples: [
    'run-topology topics show merged-detections',
    'run-topology topics show orders --partition 3 --from 4711 --limit 1 --kafka localhost:9092',
    'run-topology topics show orders --limit 100000 --json | jq .value',
  ],
  async run(call) {
    const folder = await call.engine.openFolder({ ...placeOf(openSession(call)), io: call.io });
    try {
      return await showTopic(call, folder);
    } finally {
      await folder.close();
    }
  },
};

async function showTopic({ args, io }: CommandCall, folder: Folder): Promise<ExitCode> {
  const topic = args.positionals[0]!;
  const [wanted, from, limit] = [count(args, 'partition'), count(args, 'from') ?? 0, count(args, 'limit') ?? 20];
  const partitions = await partitionsOf(folder, topic);
  if (wanted !== undefined && wanted >= partitions) {
    throw new StreamError('USAGE', `${topic} has partitions 0 to ${partitions - 1}, not ${wanted}`);
  }
  const line = args.values.has('json') ? jsonLine : textLine;
  let left = limit;
  for (const partition of wanted === undefined ? Array(partitions).keys() : [wanted]) {
    let offset: number | undefined = from;
    while (offset !== undefined && left > 0) {
      const page: Page = await folder.ask('topics.read', { topic, partition, from: offset, limit: left });
      await io.stdout.write(page.records.map(line).join(''));
      left -= page.records.length;
      offset = page.next;
    }
  }
  return exitCodes.done;
}

interface Page {
  readonly records: readonly StoredRecord[];
  readonly next?: number | undefined;
}

function count({ values }: CommandCall['args'], name: string): number | undefined {
  const text = values.get(name)?.at(-1);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new StreamError('USAGE', `--${name} ${text} is not a whole number from 0 on`);
  return Number(text);
}

async function partitionsOf(folder: Folder, topic: string): Promise<number> {
  const topics = await folder.ask('topics.list', {});
  const found = topics.find(({ name }) => name === topic);
  if (found !== undefined) return found.partitions;
  const names = topics.map(({ name }) => name);
  throw new StreamError('TOPIC_UNKNOWN', `there is no topic ${topic}.${didYouMean(topic, names)}`, {
    remedy: 'See `run-topology topics list --all`.',
  });
}

function jsonLine({ partition, offset, timestamp, key, value }: StoredRecord): string {
  const time = timestamp === null ? null : new Date(timestamp).toISOString();
  return `${JSON.stringify({ partition, offset, time, key: text(key), value: decoded(value) })}\n`;
}

function textLine({ partition, offset, timestamp, key, value }: StoredRecord): string {
  const time = timestamp === null ? '-' : new Date(timestamp).toISOString();
  const shown = [key, value].map((bytes) => (bytes === null ? '-' : printable(textOf(bytes) ?? bytes)));
  return [`${partition} @ ${offset}`, time, ...shown].join('  ') + '\n';
}

/** Undefined: not text. */
function textOf(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const content = isUtf8(bytes) ? bytes.toString('utf8') : undefined;
  return content === undefined || /[^\P{Cc}\n\r\t]/u.test(content) ? undefined : content;
}

function text(base64: string | null): unknown {
  return base64 === null ? null : (textOf(base64) ?? { base64 });
}

function decoded(base64: string | null): unknown {
  const content = base64 === null ? undefined : textOf(base64);
  if (content === undefined) return text(base64);
  try {
    return JSON.parse(content);
  } catch {
    return content; // not JSON
  }
}
