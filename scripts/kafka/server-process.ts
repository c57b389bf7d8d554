/**
 * A server in a folder of its own: `<folder>/pid` and `<folder>/server.log`. It outlives the process that started it; any
 * later process finds it again by the folder.
 *
 *   stopped --start--> running --suspend--> suspended --resume--> running
 *      ^                  |                     |
 *      +--- stop, kill ---+------- kill --------+
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFree } from './ports.ts';
import { SetupError } from './setup-error.ts';

export interface ServerSpec {
  /** For messages: `broker 1`. */
  readonly name: string;
  readonly folder: string;
  readonly command: string;
  /** One of them must contain the path of the folder: by that a process is known to be this server. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: readonly number[];
  /** Whether it answers. */
  readonly isReady: () => Promise<boolean>;
  /** How long it may take to answer. */
  readonly startMs: number;
}

export class ServerProcess {
  readonly name: string;
  readonly log: string;
  readonly #spec: ServerSpec;
  readonly #pidFile: string;

  constructor(spec: ServerSpec) {
    this.#spec = spec;
    this.name = spec.name;
    this.log = join(spec.folder, 'server.log');
    this.#pidFile = join(spec.folder, 'pid');
  }

  /** Undefined: it does not run. */
  get pid(): number | undefined {
    if (!existsSync(this.#pidFile)) return undefined;
    const pid = Number(readFileSync(this.#pidFile, 'utf8'));
    return pid > 0 && commandLine(pid).includes(this.#spec.folder) ? pid : undefined;
  }

  /** Starts it, if it does not run, and resolves when it answers. */
  async start(): Promise<void> {
    const { folder, command, args, env = {}, ports } = this.#spec;
    if (this.pid === undefined) {
      for (const port of ports) {
        if (!(await isFree(port))) {
          throw new SetupError(
            `${this.name}: port ${port} is taken`,
            'Stop what listens there, or choose another port.',
          );
        }
      }
      mkdirSync(folder, { recursive: true });
      const log = openSync(this.log, 'a');
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, ...env },
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      child.on('error', () => undefined); // seen below: it does not run
      child.unref();
      writeFileSync(this.#pidFile, String(child.pid ?? 0));
    }
    await this.#answers();
  }

  /** Asks it to end; after `patienceMs` it is killed. */
  async stop(patienceMs = 15_000): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    process.kill(pid, 'SIGCONT');
    process.kill(pid, 'SIGTERM');
    const end = performance.now() + patienceMs;
    while (hasProcess(pid) && performance.now() < end) await sleep(20);
    await this.kill();
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    const { pid } = this;
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL');
      while (hasProcess(pid)) await sleep(5);
    }
    rmSync(this.#pidFile, { force: true });
  }

  suspend(): void {
    this.#signal('SIGSTOP');
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid === undefined) throw new SetupError(`${this.name} does not run`, 'Start it first.');
    process.kill(pid, signal);
  }

  async #answers(): Promise<void> {
    const { isReady, startMs } = this.#spec;
    const end = performance.now() + startMs;
    while (performance.now() < end) {
      if (await isReady()) return;
      if (this.pid === undefined) throw this.#failed('ended while it started');
      await sleep(50);
    }
    const failure = this.#failed(`did not answer within ${startMs / 1000} s`);
    await this.kill();
    throw failure;
  }

  #failed(what: string): SetupError {
    const tail = existsSync(this.log) ? readFileSync(this.log, 'utf8').trimEnd().split('\n').slice(-15).join('\n') : '';
    return new SetupError(`${this.name} ${what}:\n${tail}\n`, `The whole log is ${this.log}`);
  }
}

/** Numbers of processes are used again: a process is the server when the folder is in its command line. */
function commandLine(pid: number): string {
  const { status, stdout } = existsSync('/proc/self')
    ? { status: 0, stdout: readIfThere(`/proc/${pid}/cmdline`) }
    : spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 ? stdout : '';
}

/** False when it has let go of everything, its ports as well; that is later than the end of its command line. */
function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Ended, with nobody to ask for its exit code.
  return !/^State:\s+Z[^]*^Threads:\s+1$/m.test(readIfThere(`/proc/${pid}/status`));
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
