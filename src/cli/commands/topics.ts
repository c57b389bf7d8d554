/** `topics list | plan | apply`: what is in the log, what a job needs, and making it so. */
import { StreamError } from '../../core/stream-error.ts';
import type { NeededTopic } from '../../job/prepare-topics.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Command, CommandCall } from '../command.ts';
import { durationText } from '../duration-text.ts';
import { exitCodes, type ExitCode } from '../exit-code.ts';
import { openSession, placeOf } from '../session.ts';
import { table } from '../table.ts';
import { topicsOfJob } from '../topics-of-job.ts';
import { withFolder, type JobFolder } from '../with-folder.ts';

export const topicsListCommand: Command = {
  name: 'topics list',
  summary: 'Lists the topics of the log with their partitions and records.',
  options: [{ name: 'all', help: 'Also internal topics.' }],
  settings: ['data', 'kafka.brokers'],
  examples: ['run-topology topics list', 'run-topology topics list --all --json --kafka localhost:9092'],
  async run(call) {
    const folder = await call.engine.openFolder({ ...placeOf(openSession(call)), io: call.io });
    try {
      const all = await folder.ask('topics.list', {});
      const topics = all.filter(({ internal }) => !internal || call.args.values.has('all'));
      if (call.args.values.has('json')) {
        await call.io.stdout.write(`${JSON.stringify(topics, undefined, 2)}\n`);
        return exitCodes.done;
      }
      const rows = topics.map(({ name, partitions, records, retentionMs, compacted }) => [
        name,
        String(partitions),
        String(records),
        retentionMs === undefined ? 'forever' : durationText(retentionMs),
        compacted ? 'yes' : '',
      ]);
      await call.io.stdout.write(`${table(['topic', 'partitions', 'records', 'kept', 'compacted'], rows)}\n`);
      return exitCodes.done;
    } finally {
      await folder.close();
    }
  },
};

export const topicsPlanCommand: Command = {
  name: 'topics plan',
  summary: 'Shows which topics a job needs and what would be created; changes nothing.',
  positionals: ['<job>'],
  settings: ['data', 'partitions', 'kafka.brokers'],
  examples: ['run-topology topics plan pipeline', 'run-topology topics plan ./my-job.ts --partitions 16'],
  run: (call) => withFolder(call, (place) => planTopics(call, place, false)),
};

export const topicsApplyCommand: Command = {
  name: 'topics apply',
  summary: 'Creates the topics a job needs that do not exist yet.',
  positionals: ['<job>'],
  settings: ['data', 'partitions', 'kafka.brokers'],
  examples: ['run-topology topics apply pipeline'],
  run: (call) => withFolder(call, (place) => planTopics(call, place, true)),
};

interface Step {
  readonly topic: string;
  readonly action: 'create' | 'keep' | 'conflict';
  readonly partitions: number;
  readonly existing: number | undefined;
}

async function planTopics(
  { args, io }: CommandCall,
  { session, folder, job }: JobFolder,
  apply: boolean,
): Promise<ExitCode> {
  const { module, configuration } = session;
  const onKafka = configuration.settings['kafka.brokers'] !== undefined;
  const plan = makePlan(module.topology.build(configuration.job));
  const topics = await topicsOfJob(folder, session, plan);
  // In a folder internal topics are nobody's business; on a cluster somebody may have to be asked for them.
  const shown = topics.filter(
    ({ spec }) => onKafka || plan.inputTopics.concat(plan.outputTopics).some(({ name }) => name === spec.name),
  );
  const steps = shown.map(stepFor);
  const conflicts = steps.filter(({ action }) => action === 'conflict');
  if (apply && conflicts.length > 0) {
    const list = conflicts.map(
      (step) => `${step.topic} has ${String(step.existing)} partitions, not ${step.partitions}`,
    );
    throw new StreamError('TOPIC_MISMATCH', list.join('; '), {
      job,
      remedy: 'The number of partitions of a topic does not change; use another topic, or ask for what is there.',
    });
  }
  if (apply) {
    const specs = shown.flatMap(({ spec, existing }) => (existing === undefined ? [spec] : []));
    await folder.ask('topics.create', { specs });
  }
  if (args.values.has('json')) {
    await io.stdout.write(`${JSON.stringify(steps, undefined, 2)}\n`);
  } else {
    const verb = { create: apply ? 'created' : 'to be created', keep: 'there', conflict: 'CONFLICT' } as const;
    const rows = steps.map((step) => [step.topic, String(step.existing ?? step.partitions), verb[step.action]]);
    await io.stdout.write(`${table(['topic', 'partitions', ''], rows)}\n`);
  }
  return conflicts.length > 0 ? exitCodes.failed : exitCodes.done;
}

function stepFor({ spec, existing, conflict }: NeededTopic): Step {
  const action = existing === undefined ? 'create' : conflict ? 'conflict' : 'keep';
  return { topic: spec.name, action, partitions: spec.partitions, existing };
}
