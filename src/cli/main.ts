/**
 * The command line: finds the command, runs it, and turns what it throws into a message and an exit code.
 *
 *   run-topology <command> ...     one of the table below, one or two words
 *   run-topology <job> ...         anything else is a job: the same as `run <job>`
 */
import { messageOf, StreamError } from '../core/stream-error.ts';
import { structuredLogger } from '../observability/structured-logger.ts';
import { isSecretName, redactor } from '../observability/redactor.ts';

import type { Command } from './command.ts';
import { commands } from './commands.ts';
import { didYouMean } from './config/nearest.ts';
import type { Engine } from './engine.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-code.ts';
import { commandHelp, mainHelp } from './help.ts';
import { processIo, type Io } from './io.ts';
import { parseArguments } from './parse-arguments.ts';
import { runCommand } from './commands/run.ts';
import { systemEngine } from './system-engine.ts';

/** `argv`: without node and script. Never throws. */
export async function main(
  argv: readonly string[],
  io: Io = processIo(),
  engine: Engine = systemEngine,
): Promise<ExitCode> {
  try {
    return await dispatch(argv, io, engine);
  } catch (error) {
    await report(error, argv, io);
    return exitCodeOf(error);
  }
}

/** Ends the process. Nothing is waited for after an abort; else whatever is still open shows as a process that hangs. */
export function exit(code: ExitCode): void {
  if (code === exitCodes.aborted) process.exit(code);
  process.exitCode = code;
}

async function dispatch(argv: readonly string[], io: Io, engine: Engine): Promise<ExitCode> {
  const [first = ''] = argv;
  if (first === '' || first === '--help' || first === '-h' || first === 'help') {
    await (first === '' ? io.stderr : io.stdout).write(mainHelp(commands));
    return first === '' ? exitCodes.usage : exitCodes.done;
  }
  const { command, rest } = findCommand(argv, engine);
  const args = parseArguments(command, rest);
  if (args.values.has('help')) {
    await io.stdout.write(commandHelp(command));
    return exitCodes.done;
  }
  return command.run({ args, io, engine });
}

function findCommand(
  argv: readonly string[],
  engine: Engine,
): { readonly command: Command; readonly rest: readonly string[] } {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: argv.slice(words) };
  }
  const [first = '', second = ''] = argv;
  const parts = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.slice(first.length + 1));
  if (parts.length > 0) {
    if (second === '--help' || second === '-h')
      return { command: commands.find(({ name }) => name === `${first} ${parts[0]!}`)!, rest: ['-h'] };
    throw new StreamError('USAGE', `${first} is followed by one of: ${parts.join(', ')}.${didYouMean(second, parts)}`);
  }
  // A word that is neither a path nor a job may be a mistyped command.
  if (/^[a-z]+$/.test(first) && !engine.builtInJobs().includes(first)) {
    const names = [...commands.map(({ name }) => name), ...engine.builtInJobs()];
    throw new StreamError(
      'JOB_NOT_FOUND',
      `there is no command and no built-in job ${JSON.stringify(first)}.${didYouMean(first, names)}`,
      {
        remedy: 'See `run-topology --help` and `run-topology list`. A job of yours goes by its path, like ./my-job.ts.',
      },
    );
  }
  return { command: runCommand, rest: argv };
}

/** Errors may hold values from the environment; secrets among them are masked here, once more. */
async function report(error: unknown, argv: readonly string[], io: Io): Promise<void> {
  const secrets = Object.entries(io.env).flatMap(([name, value]) =>
    value !== undefined && isSecretName(name) ? [value] : [],
  );
  const redact = redactor(secrets);
  if (argv.includes('--json')) {
    const write = (line: string): void => void io.stderr.write(`${line}\n`);
    structuredLogger({ clock: io.clock, write, format: 'json', redact }).error('failed', { error });
    return;
  }
  const isExpected = StreamError.is(error);
  const verbose = argv.includes('--verbose') || !isExpected;
  const text = verbose && error instanceof Error ? stackOf(error) : messageOf(error);
  await io.stderr.write(`${redact.text(text)}\n`);
}

function stackOf(error: Error): string {
  const { stack = error.message, cause } = error;
  return cause instanceof Error ? `${stack}\ncaused by ${stackOf(cause)}` : stack;
}
