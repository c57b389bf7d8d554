import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Short, so that zombies are made quickly. */
export const sessionTimeoutMs = 6_000;

export interface ProcessOptions {
  readonly brokers: string;
  /** State and output of all its lives. */
  readonly folder: string;
  /** A life that ended by itself. */
  readonly onFailure: (name: string, code: number | null) => void;
}

/** A worker process that is started again and again. */
export class WorkerProcess {
  readonly name: string;
  readonly #options: ProcessOptions;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  /** Whoever ends it says so before. */
  #expected = false;
  stopped = false;

  constructor(name: string, options: ProcessOptions) {
    this.name = name;
    this.#options = options;
  }

  start(): void {
    const { brokers, folder, onFailure } = this.#options;
    const entry = fileURLToPath(new URL('./kafka-child.ts', import.meta.url));
    const output = openSync(join(folder, `${this.name}.log`), 'a');
    const child = spawn(process.execPath, ['--import', 'tsx', entry, brokers, join(folder, this.name)], {
      stdio: ['ignore', output, output],
    });
    closeSync(output);
    this.#child = child;
    this.#expected = false;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        if (!this.#expected) onFailure(this.name, code);
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    this.#expected = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    this.#expected = true;
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  stop(): void {
    this.stopped = true;
    this.#child?.kill('SIGSTOP');
  }

  goOn(): void {
    this.stopped = false;
    this.#child?.kill('SIGCONT');
  }
}
