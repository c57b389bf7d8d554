import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { until } from './cli-process.ts';
import type { CounterOptions } from './counter-child.ts';

/** What `counter-child.ts` prints. */
interface Line {
  readonly committedAt?: number;
  readonly tasks: number;
  readonly recordsIn: number;
  readonly standbys: { readonly tasks: number; readonly lag: number };
  readonly restore: { readonly records: number };
}

/** A process that runs the job of `counter-child.ts`. */
export class Counter {
  readonly lines: Line[] = [];
  errors = '';
  readonly kill: () => void;
  /** Resolves when the process has ended. */
  readonly gone: Promise<unknown>;

  constructor(options: CounterOptions) {
    const command = fileURLToPath(new URL('counter-child.ts', import.meta.url));
    const args = ['--import', 'tsx', command, JSON.stringify(options)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = `${rest}${text}`.split('\n');
      rest = lines.pop()!;
      this.lines.push(...lines.map((line) => JSON.parse(line) as Line));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.gone = once(child, 'exit');
    this.kill = () => child.kill('SIGKILL');
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
  }

  async shows(condition: (line: Line) => boolean): Promise<void> {
    await until(() => {
      const last = this.lines.at(-1);
      return last !== undefined && condition(last);
    });
  }
}
