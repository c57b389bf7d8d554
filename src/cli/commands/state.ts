import { StreamError } from '../../core/stream-error.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import type { StateReport } from '../inspect-state.ts';
import { table } from '../table.ts';
import { withFolder } from '../with-folder.ts';

export const stateInspectCommand: Command = {
  name: 'state inspect',
  summary: 'Shows what a job keeps as state, or the committed values of one key.',
  positionals: ['<job>', '[<operator>]'],
  options: [{ name: 'key', value: 'KEY', help: 'Show the values of this key.' }],
  settings: ['data'],
  examples: ['run-topology state inspect aggregation', 'run-topology state inspect aggregation per-camera --key 1'],
  run: (call) =>
    withFolder(call, async ({ job, folder }) => {
      const { args, io } = call;
      const [, operator] = args.positionals;
      const key = args.values.get('key')?.at(-1);
      if (key !== undefined && operator === undefined)
        throw new StreamError('USAGE', '--key needs the name of an operator');
      const report = await folder.ask('state.inspect', { job, operator, key });
      const json = args.values.has('json');
      await io.stdout.write(`${json ? JSON.stringify(report) : text(report, job)}\n`);
      return exitCodes.done;
    }),
};

function text({ states, values }: StateReport, job: string): string {
  if (values !== undefined) {
    const lines = Object.entries(values).map(([name, value]) => `${name}: ${JSON.stringify(value, undefined, 2)}`);
    return lines.length === 0 ? 'Nothing is kept for this key.' : lines.join('\n');
  }
  if (states.length === 0) return `${job} has not kept any state here yet.`;
  const rows = states.map(({ operator, state, kind, partitions, bytes }) => [
    operator,
    state,
    kind,
    String(partitions),
    `${(bytes / 1024).toFixed(1)} KiB`,
  ]);
  return table(['operator', 'state', 'kind', 'partitions', 'about'], rows);
}
