import { resolve } from 'node:path';
import { StreamError } from '../../core/stream-error.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { jobLogger } from '../job-logger.ts';
import { LiveLine } from '../live-line.ts';
import { RestoreProgress } from '../restore-progress.ts';
import { openJobSession } from '../session.ts';

export const restoreCommand: Command = {
  name: 'restore',
  summary: 'Puts a savepoint in the place of the state and positions of a stopped job.',
  positionals: ['<job>'],
  options: [
    { name: 'from', value: 'FOLDER', help: 'Folder of the savepoint.' },
    { name: 'force', help: 'Replace state that the job has now.' },
    { name: 'copied-topics', help: 'The inputs are copies of those of the savepoint, with the same offsets.' },
  ],
  settings: [
    'data',
    'durability',
    'partitions',
    'exchange',
    'log.level',
    'kafka.brokers',
    'kafka.group.id',
    'kafka.replication.factor',
    'kafka.transaction.timeout',
  ],
  examples: [
    'run-topology restore pipeline --from ./savepoints/2026-01-01 --force',
    'run-topology restore aggregation --from ./savepoints/2026-01-01 --force --kafka localhost:9092',
  ],
  async run(call) {
    const { args, io, engine } = call;
    const session = await openJobSession(call, args.positionals[0]!);
    const from = resolve(io.cwd, required(args.values.get('from')?.at(-1)));
    const line = new LiveLine(io.stderr);
    const logger = jobLogger(call, session, line);
    const progress = new RestoreProgress({ job: session.module.topology.name, clock: io.clock, logger, line });
    try {
      await engine.restore({
        from,
        module: session.module,
        config: session.configuration.job,
        settings: session.configuration.settings,
        topics: session.configuration.topics,
        data: session.data,
        force: args.values.has('force'),
        copiedTopics: args.values.has('copied-topics'),
        onProgress: (now) => {
          progress.update(now);
        },
        io,
      });
    } finally {
      progress.close();
      await line.flush();
    }
    await io.stdout.write(args.values.has('json') ? `${JSON.stringify({ restored: from })}\n` : `Restored ${from}\n`);
    return exitCodes.done;
  },
};

function required(from: string | undefined): string {
  if (from !== undefined) return from;
  throw new StreamError('USAGE', 'restore needs --from FOLDER', { remedy: 'Name the folder of a savepoint.' });
}
