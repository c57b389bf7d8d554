import type { Command } from '../command.ts';
import type { ConfigLine } from '../config/resolve.ts';
import { settingNames } from '../config/settings.ts';
import { exitCodes } from '../exit-code.ts';
import type { Redactor } from '../../observability/redactor.ts';
import { openJobSession, openSession } from '../session.ts';
import { table } from '../table.ts';

export const configShowCommand: Command = {
  name: 'config show',
  summary: 'Shows every setting, its value and where it comes from; secrets are masked.',
  positionals: ['[<job>]'],
  settings: settingNames,
  examples: [
    'run-topology config show',
    'run-topology config show task-generation --set minObjects=3',
    'run-topology config show --config production.yaml --json',
  ],
  async run(call) {
    const { args, io } = call;
    const [job] = args.positionals;
    const { configuration, redact } = job === undefined ? openSession(call) : await openJobSession(call, job);
    const rows = configuration.lines.map((line) => ({ ...line, value: shown(line, redact) }));
    const text = args.values.has('json')
      ? JSON.stringify(
          rows.map(({ name, value, origin }) => ({ name, value, origin })),
          undefined,
          2,
        )
      : table(
          ['setting', 'value', 'from'],
          rows.map(({ name, value, origin }) => [
            name,
            typeof value === 'string' ? value : JSON.stringify(value),
            origin,
          ]),
        );
    await io.stdout.write(`${text}\n`);
    return exitCodes.done;
  },
};

function shown(line: ConfigLine, redact: Redactor): unknown {
  return line.secret ? '***' : redact.field(line.name, line.value);
}
