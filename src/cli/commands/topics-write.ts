/**
 * `topics write`: JSON lines into a topic of the log, by the contract and the key that a job declares for it. Lines are
 * checked here and written as they come, what came at once in one commit. A wrong line ends it; those before it are written.
 */
import { createReadStream, existsSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { keyText, partitionOf } from '../../core/partitioner.ts';
import { messageOf, preview, StreamError } from '../../core/stream-error.ts';
import type { Topic } from '../../core/topic.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Plan } from '../../plan/plan.ts';
import type { Command, CommandCall } from '../command.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import type { Folder } from '../folder.ts';
import type { WrittenRecord } from '../folder-calls.ts';
import { linesOf, type Line } from '../lines-of.ts';
import { openJobSession, placeOf, type JobSession } from '../session.ts';
import { topicsOfJob } from '../topics-of-job.ts';

export const topicsWriteCommand: Command = {
  name: 'topics write',
  summary: 'Writes JSON lines into a topic, by the contract and key that a job declares for it.',
  positionals: ['<topic>'],
  options: [
    { name: 'job', value: 'JOB', help: 'Job that declares the topic. Default: the built-in job that does.' },
    { name: 'input', value: 'FILE', help: 'File with a JSON record per line; - is standard input, the default.' },
  ],
  settings: ['data', 'durability', 'partitions', 'kafka.brokers'],
  examples: [
    'run-topology topics write detection-results --input frames.jsonl',
    'tail -f orders.jsonl | run-topology topics write orders --job ./orders.ts',
  ],
  run: writeTopic,
};

interface Declared {
  readonly session: JobSession;
  readonly plan: Plan;
  readonly topic: Topic<unknown>;
}

async function writeTopic(call: CommandCall): Promise<ExitCode> {
  const { args, io, engine } = call;
  const input = inputOf(call);
  const { session, plan, topic } = await declared(call, args.positionals[0]!);
  const folder = await engine.openFolder({ ...placeOf(session), io, plan });
  try {
    const partitions = await partitionsOf(folder, session, plan, topic.name);
    const count = await writeLines({ folder, topic, partitions }, input);
    const text = args.values.has('json')
      ? JSON.stringify({ topic: topic.name, records: count })
      : `Wrote ${recordsText(count)} to ${topic.name}.`;
    await io.stdout.write(`${text}\n`);
    return exitCodes.done;
  } finally {
    await folder.close();
  }
}

function inputOf({ args, io }: CommandCall): NodeJS.ReadableStream {
  const named = args.values.get('input')?.at(-1) ?? '-';
  if (named === '-') return io.stdin;
  const path = resolve(io.cwd, named);
  if (!existsSync(path)) throw new StreamError('USAGE', `there is no file ${path}`);
  return createReadStream(path);
}

/** The job that was named, or the first built-in one that reads the topic, or writes it. */
async function declared(call: CommandCall, name: string): Promise<Declared> {
  const job = call.args.values.get('job')?.at(-1);
  const found: Declared[] = [];
  for (const candidate of job === undefined ? call.engine.builtInJobs() : [job]) {
    const session = await openJobSession(call, candidate);
    const plan = makePlan(session.module.topology.build(session.configuration.job));
    const read = plan.inputTopics.find((topic) => topic.name === name);
    const topic = read ?? plan.outputTopics.find((other) => other.name === name);
    if (topic === undefined) continue;
    if (read !== undefined) return { session, plan, topic };
    found.push({ session, plan, topic });
  }
  const [first] = found;
  if (first !== undefined) return first;
  const who = job === undefined ? 'no built-in job has' : `${job} has no`;
  throw new StreamError('USAGE', `${who} topic ${JSON.stringify(name)}`, {
    remedy: 'Name the job that declares it: --job ./my-job.ts. `run-topology describe <job>` shows its topics.',
  });
}

/** Makes the topic if need be, as the job would. */
async function partitionsOf(folder: Folder, session: JobSession, plan: Plan, name: string): Promise<number> {
  const topics = await topicsOfJob(folder, session, plan);
  const { spec, existing } = topics.find((topic) => topic.spec.name === name)!;
  if (existing === undefined) await folder.ask('topics.create', { specs: [spec] });
  return existing ?? spec.partitions;
}

interface Target {
  readonly folder: Folder;
  readonly topic: Topic<unknown>;
  readonly partitions: number;
}

async function writeLines({ folder, topic, partitions }: Target, input: NodeJS.ReadableStream): Promise<number> {
  const writer = randomUUID();
  let written = 0;
  for await (const lines of linesOf(input)) {
    const records: WrittenRecord[] = [];
    let wrong: { readonly line: Line; readonly thrown: unknown } | undefined;
    for (const line of lines) {
      try {
        records.push(recordOf(topic, partitions, line.bytes, written + records.length));
      } catch (thrown) {
        wrong = { line, thrown };
        break;
      }
    }
    if (records.length > 0) await folder.ask('topics.write', { topic: topic.name, writer, records });
    written += records.length;
    if (wrong !== undefined) throw wrongLine(wrong.line, wrong.thrown, topic.name, written);
  }
  return written;
}

function wrongLine({ number, bytes }: Line, thrown: unknown, topic: string, written: number): StreamError {
  const { code, reason, place } = StreamError.from(thrown, 'DECODE_FAILED');
  return new StreamError(code, `line ${String(number)}: ${reason}`, {
    ...place,
    topic,
    value: preview(bytes.toString()),
    cause: thrown,
    remedy: `Written before it: ${recordsText(written)}. Mend the line and go on from it.`,
  });
}

function recordsText(count: number): string {
  return count === 1 ? '1 record' : `${String(count)} records`;
}

/** Records without a key go round the partitions. */
function recordOf({ codec, options }: Topic<unknown>, partitions: number, line: Buffer, index: number): WrittenRecord {
  const value = codec.decode(line, 0, line.length);
  const base64 = line.toString('base64');
  if (options.key === undefined) return { partition: index % partitions, key: null, value: base64 };
  let key: string;
  try {
    key = keyText(options.key(value));
  } catch (thrown) {
    throw StreamError.is(thrown) ? thrown : new StreamError('KEY_INVALID', messageOf(thrown), { cause: thrown });
  }
  return { partition: partitionOf(key, partitions), key, value: base64 };
}
