import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { delay, systemClock } from '../../../src/core/clock.ts';

const command = fileURLToPath(new URL('../../../bin/run-topology.js', import.meta.url));

/** A folder that is gone when the test ends. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** `run-topology ...` as a process, in a folder. Killed when the test ends. */
export class CliProcess {
  readonly #child: ChildProcess;
  readonly #exit: Promise<number | null>;
  out = '';
  err = '';

  constructor(folder: string, ...args: readonly string[]) {
    this.#child = spawn(process.execPath, [command, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout!.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.err += text));
    this.#exit = new Promise((resolve) => {
      this.#child.once('exit', resolve);
    });
    onTestFinished(async () => {
      await this.kill();
    });
  }

  /** Resolves with the exit code; null: killed. */
  get exit(): Promise<number | null> {
    return this.#exit;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }

  /** Asks it to drain; resolves with its exit code. */
  async drain(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    return await this.#exit;
  }

  /** Waits for text on standard error. */
  async says(text: RegExp): Promise<void> {
    await until(() => text.test(this.err));
  }
}

/** Runs a command to its end: what it printed. */
export async function cli(
  folder: string,
  ...args: readonly string[]
): Promise<{ code: number | null; out: string; err: string }> {
  const child = new CliProcess(folder, ...args);
  const code = await child.exit;
  return { code, out: child.out, err: child.err };
}

/** Runs a command again and again until it ends with 0: others are still in its way. */
export async function cliAtLast(folder: string, ...args: readonly string[]): Promise<void> {
  let last = '';
  await until(
    async () => {
      const { code, err } = await cli(folder, ...args);
      last = err;
      return code === 0;
    },
    () => last,
  );
}

const patienceMs = 180_000;

/** Waits until something is so, three minutes at most; `evidence` says what was seen last. */
export async function until(condition: () => boolean | Promise<boolean>, evidence = () => ''): Promise<void> {
  const late = new Error('waited in vain');
  const start = systemClock.monotonic();
  while (!(await condition())) {
    if (systemClock.monotonic() - start > patienceMs) {
      late.message += ` for ${String(patienceMs)} ms: ${String(condition)}\n${evidence()}`;
      throw late;
    }
    await delay(systemClock, 100);
  }
}
