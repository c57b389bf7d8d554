/**
 * Three worker processes share a job on a real broker while its input arrives. Processes are killed, stopped for longer
 * than their session lasts (zombies), join and leave, all at random moments. Then Kafka's own consumer reads what was
 * committed: nothing may be lost or doubled, and the order per key must be kept.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../../scripts/kafka/start-cluster.ts';
import { openKafkaLog } from '../../src/connectors/kafka/kafka-log.ts';
import { delay, systemClock, systemRandom } from '../../src/core/clock.ts';
import type { Log } from '../../src/core/log.ts';
import { makeEvents, mulberry } from './input.ts';
import { buildChild } from './kafka-build.ts';
import { closeWindows, createTopics, settled, writeEvents } from './kafka-flow.ts';
import { WorkerProcess } from './kafka-process.ts';
import { checkOutputs, type OutputFindings } from './kafka-outputs.ts';
import type { Event } from './topology.ts';

export interface KafkaChaosOptions {
  readonly kills: number;
  readonly zombies: number;
  readonly joins: number;
  readonly records: number;
  readonly seed: number;
  /** Copies of the state of each task. */
  readonly standbys: number;
  /** A task moves to a copy that is behind by no more records. */
  readonly acceptableLag: number;
  /** Bootstrap servers; default: a broker of its own. */
  readonly brokers: string | undefined;
  /** Keep folder and broker for a look at them. */
  readonly keep: boolean;
  readonly log: (line: string) => void;
}

export interface KafkaChaosResult extends OutputFindings {
  readonly kills: number;
  readonly zombies: number;
  readonly joins: number;
  readonly records: number;
  /** Processes that ended by themselves. */
  readonly failed: number;
  readonly seconds: number;
}

/** Short, so that zombies are made quickly. */
const sessionTimeoutMs = 6_000;

/** How long a fault takes, about: while they strike there is input. */
const faultMs = 2_700;

export async function chaosKafka(options: KafkaChaosOptions): Promise<KafkaChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  options.log(`what the processes say: ${folder}`);
  const cluster = options.brokers === undefined ? await startCluster({ heapMb: 600 }) : undefined;
  const brokers = options.brokers ?? cluster!.bootstrap;
  const log = await openKafkaLog({ brokers, clientId: 'chaos' }, { clock: systemClock, random: systemRandom });
  try {
    return await new Run(options, brokers, folder, log).run();
  } finally {
    await log.close();
    if (!options.keep) {
      await cluster?.remove();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

type Fault = 'kill' | 'zombie' | 'join';

class Run {
  readonly #options: KafkaChaosOptions;
  readonly #brokers: string;
  readonly #log: Log;
  readonly #random: () => number;
  readonly #workers: readonly WorkerProcess[];
  readonly #joiners: readonly WorkerProcess[];
  readonly #pending = new Set<Promise<void>>();
  readonly #start = systemClock.monotonic();
  #failures = 0;

  constructor(options: KafkaChaosOptions, brokers: string, folder: string, log: Log) {
    this.#options = options;
    this.#brokers = brokers;
    this.#log = log;
    this.#random = mulberry(options.seed ^ 0x5eed);
    const entry = buildChild(folder);
    const make = (name: string): WorkerProcess =>
      new WorkerProcess(name, {
        entry,
        brokers,
        folder,
        sessionTimeoutMs,
        standbys: options.standbys,
        acceptableLag: options.acceptableLag,
        onFailure: (who, code) => {
          this.#failures++;
          this.#say(`${who} failed with code ${String(code)}`);
        },
      });
    this.#workers = ['worker-0', 'worker-1', 'worker-2'].map(make);
    this.#joiners = ['joiner-0', 'joiner-1'].map(make);
  }

  async run(): Promise<KafkaChaosResult> {
    const { kills, zombies, joins, records, seed } = this.#options;
    const input = makeEvents(records, seed);
    await createTopics(this.#log);
    for (const worker of this.#workers) worker.start();
    try {
      const done = { faults: false };
      const feeding = this.#feed(input, done);
      await this.#strike();
      done.faults = true;
      await feeding;
      this.#say('faults are over');
      if (!(await settled(this.#log, records))) this.#say('the outputs did not come to rest');
      else this.#say('everything is processed');
    } finally {
      await Promise.all([...this.#workers, ...this.#joiners].map((worker) => worker.kill()));
    }
    const findings = await checkOutputs(this.#brokers, input);
    const seconds = Math.round((systemClock.monotonic() - this.#start) / 1000);
    return { kills, zombies, joins, records, ...findings, failed: this.#failures, seconds };
  }

  // --- faults

  async #strike(): Promise<void> {
    const faults = this.#shuffledFaults();
    for (const [i, fault] of faults.entries()) {
      await delay(systemClock, 500 + this.#random() * 3_000);
      await this.#strikeOnce(fault);
      if ((i + 1) % 10 === 0) this.#say(`${String(i + 1)} of ${String(faults.length)} faults`);
    }
    await Promise.all(this.#pending);
  }

  #shuffledFaults(): Fault[] {
    const { kills, zombies, joins } = this.#options;
    const list = (fault: Fault, count: number): Fault[] => Array.from({ length: count }, () => fault);
    const faults = [...list('kill', kills), ...list('zombie', zombies), ...list('join', joins)];
    for (let i = faults.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [faults[i], faults[j]] = [faults[j]!, faults[i]!];
    }
    return faults;
  }

  async #strikeOnce(fault: Fault): Promise<void> {
    switch (fault) {
      case 'kill': {
        const worker = this.#pick(this.#workers.filter(({ stopped }) => !stopped));
        await worker.kill();
        worker.start();
        return;
      }
      case 'zombie': {
        const worker = this.#pick(this.#workers.filter(({ stopped }) => !stopped));
        worker.stop();
        this.#later(sessionTimeoutMs + 1_000 + this.#random() * 4_000, () => {
          worker.goOn();
        });
        // One worker stays awake.
        if (this.#workers.filter(({ stopped }) => !stopped).length < 2) await this.#until(() => !worker.stopped);
        return;
      }
      case 'join': {
        await this.#until(() => this.#joiners.some((joiner) => !this.#busy.has(joiner)));
        const joiner = this.#joiners.find((candidate) => !this.#busy.has(candidate))!;
        this.#busy.add(joiner);
        joiner.start();
        this.#later(3_000 + this.#random() * 6_000, async () => {
          await joiner.close();
          this.#busy.delete(joiner);
        });
        return;
      }
    }
  }

  readonly #busy = new Set<WorkerProcess>();

  #later(ms: number, work: () => void | Promise<void>): void {
    const pending = delay(systemClock, ms)
      .then(work)
      .finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await delay(systemClock, 100);
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)]!;
  }

  // --- input

  // The input arrives for as long as faults strike.
  async #feed(input: readonly Event[], done: { readonly faults: boolean }): Promise<void> {
    const { kills, zombies, joins } = this.#options;
    const plannedMs = (kills + zombies + joins) * faultMs;
    const start = systemClock.monotonic();
    for (let sent = 0; sent < input.length;) {
      const share = done.faults ? 1 : Math.min(1, (systemClock.monotonic() - start) / plannedMs);
      const until = Math.min(sent + 20_000, Math.ceil(input.length * share));
      if (until > sent) await writeEvents(this.#log, input.slice(sent, until));
      sent = Math.max(sent, until);
      await delay(systemClock, 200);
    }
    await closeWindows(this.#log, input);
    this.#say(`${String(input.length)} records written`);
  }

  #say(line: string): void {
    const seconds = ((systemClock.monotonic() - this.#start) / 1000).toFixed(1);
    this.#options.log(`${seconds} s: ${line}`);
  }
}
