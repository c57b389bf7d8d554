import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';

export const listCommand: Command = {
  name: 'list',
  summary: 'Lists the built-in jobs.',
  examples: ['run-topology list', 'run-topology list --json'],
  async run({ args, io, engine }) {
    const names = engine.builtInJobs();
    const text = args.values.has('json') ? JSON.stringify(names) : names.join('\n');
    await io.stdout.write(`${text}\n`);
    return exitCodes.done;
  },
};
