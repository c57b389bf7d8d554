import { spawn } from 'node:child_process';
import { SetupError } from './setup-error.ts';

export interface CommandOptions {
  readonly cwd?: string;
  readonly input?: string;
  /** Default 10 min: the first download may be slow. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end and resolves with what it printed. `remedy`: what to do when it is missing or fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  remedy: string,
  { cwd, input, timeoutMs = 600_000 }: CommandOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    let out = '';
    let both = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      both += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      both += text;
    });
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        ENOENT: `there is no ${command} on this machine`,
        ABORT_ERR: `${command} did not end within ${timeoutMs / 1000} s`,
      };
      const reason = reasons[cause.code ?? ''] ?? cause.message;
      reject(new SetupError(reason, remedy, { cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve(out);
      else {
        const end = both.trimEnd().split('\n').slice(-12).join('\n');
        reject(new SetupError(`${command} ended with ${signal ?? `code ${String(code)}`}:\n${end}\n`, remedy));
      }
    });
    child.stdin.on('error', () => undefined); // a program that does not read: its exit code tells
    child.stdin.end(input);
  });
}
