/** Workers that share a bounded run, joining and leaving as they like: nobody goes while there is something left to do. */
import { expect, test } from 'vitest';
import { BatchWriter } from '../../src/core/batch-writer.ts';
import type { Random } from '../../src/core/clock.ts';
import {
  defineTopology,
  json,
  number,
  run,
  topic,
  valueState,
  type JobHandle,
  type RunOptions,
} from '../../src/index.ts';
import { levelState } from '../../src/state/leveldb/level-state.ts';
import { FaultPlan } from '../../src/testing/simulation/fault-plan.ts';
import { Host } from '../../src/testing/simulation/host.ts';
import { Scheduler } from '../../src/testing/simulation/scheduler.ts';
import { chance, pick, randomInt, seededRandom } from '../../src/testing/simulation/seeded-random.ts';
import { SimCluster } from '../../src/testing/simulation/sim-cluster.ts';
import { SimDisk } from '../../src/testing/simulation/sim-disk.ts';
import { SimLog } from '../../src/testing/simulation/sim-log.ts';
import { SimStore } from '../../src/testing/simulation/sim-store.ts';

const seeds = 30;

interface Count {
  readonly key: number;
  readonly count: number;
}

const codec = json<Count>('count');
const numbers = topic('numbers', number);
const counts = topic('counts', codec);
const partitions = 3;
const endOfTime = Date.UTC(2100, 0, 1);
const tickMs = 60;

/**
 * Counts by the last digit, the last ones once more at the end of time; then counts those that are even and odd. Timers
 * that never stop write what is not counted.
 */
const counting = defineTopology({
  name: 'counting',
  build(t) {
    t.source('numbers', numbers)
      .keyBy((n) => n % 10)
      .process('digits', {
        output: codec,
        state: { count: valueState(number) },
        onElement(_n, ctx) {
          const count = (ctx.state.count.get() ?? 0) + 1;
          if (count === 1) {
            ctx.timers.registerEventTime(endOfTime);
            ctx.timers.registerProcessingTime(ctx.processingTime + tickMs);
          }
          ctx.state.count.set(count);
          ctx.emit({ key: ctx.key, count });
        },
        onTimer(time, ctx) {
          if (ctx.domain === 'processing') {
            ctx.timers.registerProcessingTime(Math.max(time, ctx.processingTime) + tickMs);
            ctx.emit({ key: ctx.key, count: 0 });
            return;
          }
          ctx.emit({ key: ctx.key, count: ctx.state.count.get()! });
        },
      })
      .keyBy(({ key }) => key % 2)
      .process('parities', {
        output: codec,
        state: { count: valueState(number) },
        onElement(digit, ctx) {
          if (digit.count === 0) return;
          const count = (ctx.state.count.get() ?? 0) + 1;
          ctx.state.count.set(count);
          ctx.emit({ key: ctx.key, count });
        },
      })
      .sinkTo('counts', counts);
  },
});

/** Runs of a job one after the other, each to the end of its input. */
class BoundedRuns {
  readonly #random: Random;
  readonly #scheduler: Scheduler;
  readonly #cluster: SimCluster;
  /** Undefined: each worker has a disk of its own. */
  readonly #disk: SimDisk | undefined;
  #written = 0;

  constructor(seed: number, shape: 'kafka' | 'embedded') {
    this.#random = seededRandom(seed, 7);
    this.#scheduler = new Scheduler(seededRandom(seed));
    this.#disk = shape === 'embedded' ? new SimDisk() : undefined;
    const markerMs = pick(this.#random, [2, 10, 100]);
    this.#cluster = new SimCluster({ scheduler: this.#scheduler, disk: this.#disk, markerMs });
    this.#cluster.create({ name: numbers.name, partitions });
  }

  /** Numbers up to `end` in all: many in one partition, few in the others, so that these are read long before. */
  write(end: number): void {
    const most = randomInt(this.#random, 0, partitions);
    for (let partition = 0; partition < partitions; partition++) {
      const writer = new BatchWriter(numbers.name, partition);
      for (let n = this.#written; n < end; n++) {
        const few = n % 20 < partitions ? n % 20 : undefined;
        if ((few ?? most) === partition) writer.append(null, number, n, 0);
      }
      this.#cluster.partition({ topic: numbers.name, partition }).append(writer.seal()!.bytes, undefined);
    }
    this.#written = end;
  }

  /** Starts some workers at some time; resolves when all of them have ended by themselves. */
  async run(): Promise<void> {
    const scheduler = this.#scheduler;
    const random = this.#random;
    const commit = { linger: pick(random, [0, 5]), interval: pick(random, [1, 30, 200]) };
    const sessionTimeout = pick(random, [60, 300, 3_000]); // a third of it: how soon members hear of each other
    const startsWithin = pick(random, [0, 20, 100, 400]);
    const stalls = randomInt(random, 0, 4);
    const workers = randomInt(random, 2, 6);
    let running = workers;
    const work = async (slot: number): Promise<void> => {
      const host = new Host({ name: `worker-${String(slot)}`, slot, scheduler, faults: new FaultPlan([]) });
      for (let i = 0; i < stalls; i++) scheduler.at(random() * 500, 'stall', () => host.stop(random() * 200));
      const job = await this.#start(host, { commit, sessionTimeout });
      // Some leave in the middle, and come back.
      const leaves = chance(random, 0.2);
      if (leaves) scheduler.at(random() * 200, 'leave', () => void job.close());
      await job.finished;
      if (leaves) await work(slot);
      else running--;
    };
    for (let slot = 0; slot < workers; slot++) {
      scheduler.at(slot === 0 ? 0 : random() * startsWithin, 'start', () => {
        work(slot).catch((error: unknown) => scheduler.fail(error));
      });
    }
    const outcome = await scheduler.run(() => running === 0 && this.#decided(), 200_000);
    if (outcome !== 'done') throw scheduler.failure ?? new Error(`${outcome}\n${scheduler.report()}`);
  }

  /** The committed counts of a key, in order. */
  counts(key: number): readonly number[] {
    const records = this.#cluster.committed(counts.name).flat();
    const values = records.flatMap(({ value }) => (value === undefined ? [] : [JSON.parse(String(value)) as Count]));
    return values.filter((value) => value.key === key).map(({ count }) => count);
  }

  #start(host: Host, timing: Pick<RunOptions<unknown>, 'commit' | 'sessionTimeout'>): Promise<JobHandle> {
    const log = new SimLog(host, this.#cluster);
    const store = new SimStore(host, this.#disk ?? new SimDisk());
    const close = (): Promise<void> => Promise.resolve();
    return run(counting, {
      log: { kind: 'simulated', open: async () => ({ log, store: log.storesRows ? store : undefined, close }) },
      state: { kind: 'leveldb', open: async () => ({ backend: levelState(store), store, close }) },
      partitions,
      exchange: 'log',
      clock: host.clock,
      random: host.random,
      ...timing,
      bounded: true,
    });
  }

  // The markers of the last transactions have arrived.
  #decided(): boolean {
    const results = Array.from({ length: partitions }, (_, partition) => ({ topic: counts.name, partition }));
    return results.every((place) => this.#cluster.partition(place).stable === this.#cluster.partition(place).end);
  }
}

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i + 1);

test.each(['kafka', 'embedded'] as const)(
  'workers end when everything is done, and not before (%s)',
  async (shape) => {
    for (let seed = 1; seed <= seeds; seed++) {
      const runs = new BoundedRuns(seed, shape);
      runs.write(300);
      await runs.run();
      const first = [0, 1].map((key) => runs.counts(key));
      expect(first, `first run, seed ${String(seed)}`).toEqual([upTo(155), upTo(155)]); // 150, and 5 at the end of time
      runs.write(600);
      await runs.run();
      const both = [0, 1].map((key) => runs.counts(key));
      expect(both, `second run, seed ${String(seed)}`).toEqual([upTo(305), upTo(305)]);
    }
  },
  300_000,
);
