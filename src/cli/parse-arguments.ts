import { parseArgs } from 'node:util';
import { messageOf, preview, StreamError } from '../core/stream-error.ts';
import { commonOptions, type Command, type Option, type ParsedArguments } from './command.ts';
import { didYouMean } from './config/nearest.ts';
import type { Setting } from './config/setting.ts';
import { settings, type SettingName } from './config/settings.ts';

/** Fails with USAGE. */
export function parseArguments(command: Command, argv: readonly string[]): ParsedArguments {
  const options = commandOptions(command);
  const parsed = parse(command, options, argv);
  const values = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(parsed.values)) {
    values.set(
      name,
      (Array.isArray(value) ? value : [value]).map((item) => (typeof item === 'string' ? item : '')),
    );
  }
  checkPositionals(command, parsed.positionals, values.has('help'));
  return { positionals: parsed.positionals, values };
}

/** All options of a command: its own, its settings' flags, the common ones. */
export function commandOptions(command: Command): readonly Option[] {
  const flags = (command.settings ?? []).map((name) => settingOption(name));
  return [...(command.options ?? []), ...flags.filter((flag) => flag !== undefined), ...commonOptions];
}

function settingOption(name: SettingName): Option | undefined {
  const { flag, help, fallback }: Setting<unknown> = settings[name];
  if (flag === undefined) return undefined;
  return {
    ...flag,
    help: help + (fallback === undefined ? '' : ` Default: ${preview(fallback).replaceAll('"', '')}.`),
  };
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

function parse(command: Command, options: readonly Option[], argv: readonly string[]): Parsed {
  const known = options.map(({ name, short, value, multiple = false }) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type, multiple, ...(short === undefined ? {} : { short }) }] as const;
  });
  try {
    return parseArgs({ args: [...argv], options: Object.fromEntries(known), allowPositionals: true, strict: true });
  } catch (cause) {
    const [, unknown] = /Unknown option '--?([^']+)'/.exec(messageOf(cause)) ?? [];
    const names = options.map(({ name }) => name);
    const reason = unknown === undefined ? messageOf(cause) : `there is no option --${unknown}.${hint(unknown, names)}`;
    throw usage(command, reason, cause);
  }
}

function hint(unknown: string, names: readonly string[]): string {
  return didYouMean(unknown, names).replace(/"(.*)"/, '--$1');
}

function checkPositionals(command: Command, given: readonly string[], help: boolean): void {
  const wanted = command.positionals ?? [];
  const required = wanted.filter((word) => !word.startsWith('[')).length;
  if (given.length > wanted.length) {
    throw usage(command, `${command.name} does not know what to do with ${JSON.stringify(given[wanted.length])}`);
  }
  if (given.length < required && !help) throw usage(command, `${command.name} needs ${wanted[given.length]!}`);
}

function usage(command: Command, reason: string, cause?: unknown): StreamError {
  return new StreamError('USAGE', reason, { cause, remedy: `See \`run-topology ${command.name} --help\`.` });
}
