import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ProcessOptions {
  /** Module that it runs. */
  readonly entry: string;
  readonly brokers: string;
  /** State and output of all its lives. */
  readonly folder: string;
  readonly sessionTimeoutMs: number;
  /** Its name is that of its place in the group as well. */
  readonly keepsPlace?: boolean;
  readonly standbys?: number;
  readonly acceptableLag?: number;
  /** Records are counted where they are read. */
  readonly direct?: boolean;
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
    const { entry, brokers, folder, sessionTimeoutMs, keepsPlace = false, direct = false, onFailure } = this.#options;
    const { standbys = 0, acceptableLag = 10_000 } = this.#options;
    const output = openSync(join(folder, `${this.name}.log`), 'a');
    const args = [
      entry,
      brokers,
      join(folder, this.name),
      String(sessionTimeoutMs),
      ...(keepsPlace ? [this.name] : []),
    ];
    const env = {
      ...process.env,
      CHAOS_WORKER: this.name,
      CHAOS_STANDBYS: String(standbys),
      CHAOS_LAG: String(acceptableLag),
      ...(direct ? { CHAOS_DIRECT: '1' } : {}),
    };
    const child = spawn(process.execPath, args, { stdio: ['ignore', output, output], env });
    closeSync(output);
    this.#child = child;
    this.#expected = false;
    this.#ended = new Promise((resolve) => {
      child.once('exit', (code) => {
        resolve();
        if (this.#expected) return;
        onFailure(this.name, code);
        this.start(); // as whoever looks after processes would
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

  /** What it has said on its way: the warnings of all its lives. */
  get warnings(): readonly string[] {
    const text = readFileSync(join(this.#options.folder, `${this.name}.log`), 'utf8');
    return text.split('\n').filter((line) => line !== '');
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
