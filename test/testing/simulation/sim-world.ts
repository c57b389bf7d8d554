/** A small simulated world for tests of its parts. */
import { BatchWriter } from '../../../src/core/batch-writer.ts';
import { string } from '../../../src/core/codec.ts';
import type { FetchedPartition, Log, SealedBatch } from '../../../src/core/log.ts';
import { FaultPlan, type Fault } from '../../../src/testing/simulation/fault-plan.ts';
import { Host } from '../../../src/testing/simulation/host.ts';
import { Scheduler } from '../../../src/testing/simulation/scheduler.ts';
import { seededRandom } from '../../../src/testing/simulation/seeded-random.ts';
import { SimCluster } from '../../../src/testing/simulation/sim-cluster.ts';
import { SimDisk } from '../../../src/testing/simulation/sim-disk.ts';
import { SimLog } from '../../../src/testing/simulation/sim-log.ts';

export class SimWorld {
  readonly scheduler: Scheduler;
  readonly cluster: SimCluster;
  readonly faults: FaultPlan;
  #hosts = 0;

  constructor(seed = 1, options: { markerMs?: number; faults?: readonly Fault[]; disk?: SimDisk } = {}) {
    this.scheduler = new Scheduler(seededRandom(seed));
    this.cluster = new SimCluster({ scheduler: this.scheduler, markerMs: options.markerMs ?? 5, disk: options.disk });
    this.faults = new FaultPlan(options.faults ?? []);
    this.cluster.create({ name: 'in', partitions: 1 });
    this.cluster.create({ name: 'out', partitions: 2 });
  }

  host(slot = 0): { host: Host; log: Log } {
    const host = new Host({ name: `w${slot}.${this.#hosts++}`, slot, scheduler: this.scheduler, faults: this.faults });
    return { host, log: new SimLog(host, this.cluster) };
  }

  /** Runs the world until the promise settles. */
  async until<T>(promise: Promise<T>, steps = 10_000): Promise<T> {
    const state = { settled: false };
    const watch = (): void => {
      state.settled = true;
    };
    promise.then(watch, watch);
    const outcome = await this.scheduler.run(() => state.settled, steps);
    if (outcome !== 'done') throw new TypeError(`never settled (${outcome})\n${this.scheduler.report()}`);
    return await promise;
  }

  /** Runs the world for a while. */
  async pass(ms: number): Promise<void> {
    const until = this.scheduler.time + ms;
    this.scheduler.at(ms, 'until here', () => undefined);
    await this.scheduler.run(() => this.scheduler.time >= until, 100_000);
  }
}

export function sealed(topic: string, partition: number, ...values: string[]): SealedBatch {
  const writer = new BatchWriter(topic, partition);
  for (const value of values) writer.append(null, string, value, 0);
  return writer.seal()!;
}

export function valuesOf(fetched: FetchedPartition | undefined): string[] {
  const batch = fetched?.batch;
  if (batch === undefined) return [];
  return Array.from({ length: batch.count }, (_, i) => batch.slab.utf8Slice(batch.valueStarts[i], batch.valueEnds[i]));
}
