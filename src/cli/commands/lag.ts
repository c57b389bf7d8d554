/** `lag <job>`: how far a job is behind, partition by partition. */
import { makePlan } from '../../plan/make-plan.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { table } from '../table.ts';
import { withFolder } from '../with-folder.ts';

export const lagCommand: Command = {
  name: 'lag',
  summary: 'Shows how far a job is behind its inputs, in records and in time.',
  positionals: ['<job>'],
  options: [{ name: 'all', help: 'Also internal topics, and partitions without lag.' }],
  settings: ['data', 'kafka.brokers', 'kafka.group.id'],
  examples: ['run-topology lag pipeline --kafka localhost:9092', 'run-topology lag ./my-job.ts --json'],
  run: (call) =>
    withFolder(call, async ({ job, folder, session }) => {
      const { args, io } = call;
      const { settings, job: config } = session.configuration;
      const plan = makePlan(session.module.topology.build(config));
      const all = args.values.has('all');
      const internal = all ? plan.exchanges.map(({ topic }) => topic) : [];
      const topics = [...plan.inputTopics.map(({ name }) => name), ...internal];
      const lags = await folder.ask('group.lag', { group: settings['kafka.group.id'] ?? job, topics });
      if (args.values.has('json')) {
        await io.stdout.write(`${JSON.stringify(lags, undefined, 2)}\n`);
        return exitCodes.done;
      }
      const shown = lags.filter(({ records }) => all || records > 0);
      const rows = shown.map(({ topic, partition, committed, end, records, seconds }) => [
        topic,
        String(partition),
        committed === null ? 'none' : String(committed),
        String(end),
        String(records),
        seconds === null ? '' : `${String(seconds)} s`,
      ]);
      const total = lags.reduce((sum, { records }) => sum + records, 0);
      const head = ['topic', 'partition', 'committed', 'end', 'lag', 'behind'];
      const list = rows.length === 0 ? '' : `${table(head, rows)}\n`;
      await io.stdout.write(`${list}${total === 0 ? `${job} is not behind` : `${String(total)} records behind`}\n`);
      return exitCodes.done;
    }),
};
