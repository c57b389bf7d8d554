/**
 * `reset <job>`: a job on Kafka begins anew. Its group and the topics that only it uses are deleted, and its state on this
 * machine; other machines find out by the identity of the new topics. Inputs, outputs and dead letters stay. The mark of a
 * restore that was interrupted goes last: until then the job does not start.
 */
import { rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StreamError } from '../../core/stream-error.ts';
import { makePlan } from '../../plan/make-plan.ts';
import { restoringTopic } from '../../runtime/restore-mark.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { topicsOfJob } from '../topics-of-job.ts';
import { withFolder } from '../with-folder.ts';

export const resetCommand: Command = {
  name: 'reset',
  summary: 'Deletes positions, internal topics and state of a stopped job on Kafka, so that it begins anew.',
  positionals: ['<job>'],
  options: [
    { name: 'dry-run', help: 'Only tell what would be deleted.' },
    { name: 'force', help: 'Members of the group that have stopped but keep their place are removed.' },
  ],
  settings: ['data', 'kafka.brokers', 'kafka.group.id'],
  examples: [
    'run-topology reset aggregation --kafka localhost:9092 --dry-run',
    'run-topology reset aggregation --kafka localhost:9092 && run-topology aggregation --kafka localhost:9092 --from latest',
  ],
  run: (call) =>
    withFolder(call, async ({ job, folder, session }) => {
      const { args, io } = call;
      const { settings, job: config } = session.configuration;
      if (settings['kafka.brokers'] === undefined) {
        throw new StreamError('UNSUPPORTED', 'reset is for jobs on Kafka', {
          job,
          remedy: 'Without Kafka everything is in the data folder: start with an empty one.',
        });
      }
      const plan = makePlan(session.module.topology.build(config));
      const topics = await topicsOfJob(folder, session, plan);
      const group = settings['kafka.group.id'] ?? job;
      const doomed = topics.flatMap(({ spec, existing }) =>
        spec.internal === true && existing !== undefined ? [spec.name] : [],
      );
      const found = await folder.ask('topics.describe', { names: [restoringTopic(job)] });
      const marks = found.flatMap((mark) => (mark === null ? [] : [mark.name]));
      const state = join(session.data, 'kafka', job);
      const states = existsSync(state) ? [state] : [];
      const dryRun = args.values.has('dry-run');
      if (!dryRun) {
        await folder.ask('group.delete', { group, force: args.values.has('force') });
        await folder.ask('topics.delete', { names: doomed });
        await rm(state, { recursive: true, force: true });
        await folder.ask('topics.delete', { names: marks });
      }
      const report = { dryRun, group, topics: [...doomed, ...marks], state: states };
      const verb = dryRun ? 'would delete' : 'deleted';
      const lines = [
        `group  ${group}`,
        ...doomed.map((name) => `topic  ${name}`),
        ...states.map((path) => `state  ${path}`),
        ...marks.map((name) => `topic  ${name}, the mark of a restore that was interrupted`),
      ];
      const text = lines.map((line) => `${verb}  ${line}\n`).join('');
      await io.stdout.write(args.values.has('json') ? `${JSON.stringify(report)}\n` : text);
      return exitCodes.done;
    }),
};
