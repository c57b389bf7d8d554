/** What a command is: data for parsing and help, and a function. */
import type { Engine } from './engine.ts';
import type { ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';
import type { SettingName } from './config/settings.ts';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** Word for the value in the help; without it the option is a switch. */
  readonly value?: string;
  readonly multiple?: boolean;
  readonly help: string;
}

export interface ParsedArguments {
  readonly positionals: readonly string[];
  /** Values by option name, in the order they were given; switches have `['']`. */
  readonly values: ReadonlyMap<string, readonly string[]>;
}

export interface CommandCall {
  readonly args: ParsedArguments;
  readonly io: Io;
  readonly engine: Engine;
}

export interface Command {
  /** One or two words: `run`, `dlq list`. */
  readonly name: string;
  readonly summary: string;
  /** Positional arguments, as in the usage line: `<job>`, `[<job>]`. */
  readonly positionals?: readonly string[];
  readonly options?: readonly Option[];
  /** Settings that may be given as flags. */
  readonly settings?: readonly SettingName[];
  readonly examples: readonly string[];
  run(call: CommandCall): Promise<ExitCode>;
}

/** Options that every command takes. */
export const commonOptions: readonly Option[] = [
  { name: 'config', value: 'FILE', help: 'Settings file. Default: millrace.yaml in the working folder, if there.' },
  {
    name: 'set',
    value: 'NAME=VALUE',
    multiple: true,
    help: "A value of the job's own configuration, like minObjects=3.",
  },
  { name: 'json', help: 'Standard output is JSON only.' },
  { name: 'verbose', help: 'Errors with their stack.' },
  { name: 'help', short: 'h', help: 'This text.' },
];
