import { StreamError } from '../../core/stream-error.ts';
import { describeMermaid } from '../../plan/describe-mermaid.ts';
import { describeSvg } from '../../plan/describe-svg.ts';
import { describeText } from '../../plan/describe-text.ts';
import { describe, type Description } from '../../plan/describe.ts';
import { makePlan } from '../../plan/make-plan.ts';
import type { Command } from '../command.ts';
import { exitCodes } from '../exit-code.ts';
import { openJobSession } from '../session.ts';

const formats: Readonly<Record<string, (description: Description) => string>> = {
  text: describeText,
  json: (description) => JSON.stringify(description, undefined, 2),
  mermaid: describeMermaid,
  svg: describeSvg,
};

export const describeCommand: Command = {
  name: 'describe',
  summary: 'Shows the graph of a job: operators, state, topics and how it is cut into tasks.',
  positionals: ['<job>'],
  options: [{ name: 'format', value: Object.keys(formats).join('|'), help: 'Default: text, or json with --json.' }],
  examples: ['run-topology describe aggregation', 'run-topology describe ./my-job.ts --format svg > my-job.svg'],
  async run(call) {
    const { args, io } = call;
    const name = args.values.get('format')?.at(-1) ?? (args.values.has('json') ? 'json' : 'text');
    const format = Object.hasOwn(formats, name) ? formats[name] : undefined;
    if (format === undefined) {
      throw new StreamError('USAGE', `there is no format ${JSON.stringify(name)}`, {
        remedy: `Give one of: ${Object.keys(formats).join(', ')}.`,
      });
    }
    const { module, configuration } = await openJobSession(call, args.positionals[0]!);
    const text = format(describe(makePlan(module.topology.build(configuration.job))));
    await io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return exitCodes.done;
  },
};
