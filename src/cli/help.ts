/** The help texts, from the same tables that the arguments are parsed with. */
import type { Command, Option } from './command.ts';
import { commandOptions } from './parse-arguments.ts';

export function commandHelp(command: Command): string {
  const words = ['run-topology', command.name, ...(command.positionals ?? []), '[options]'];
  return [
    command.summary,
    '',
    `Usage: ${words.join(' ')}`,
    '',
    'Options:',
    ...columns(commandOptions(command).map((option) => [optionText(option), option.help])),
    '',
    'Examples:',
    ...command.examples.map((example) => `  ${example}`),
    '',
  ].join('\n');
}

export function mainHelp(commands: readonly Command[]): string {
  return [
    'Runs stream-processing topologies, embedded or on Kafka.',
    '',
    'Usage: run-topology <job> [options]        the same as run-topology run <job>',
    '       run-topology <command> [options]',
    '',
    'Commands:',
    ...columns(commands.map((command) => [[command.name, ...(command.positionals ?? [])].join(' '), command.summary])),
    '',
    '`run-topology <command> --help` lists the options of a command, with examples.',
    'Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 fenced or locked, 130 aborted.',
    '',
  ].join('\n');
}

function optionText({ name, short, value }: Option): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

/** Two columns, indented. */
export function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) => `  ${left.padEnd(width)}${right}`.trimEnd());
}
