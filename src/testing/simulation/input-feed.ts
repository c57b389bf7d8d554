/**
 * Brings the inputs of a scenario into the log while the job runs: a few records of a partition at a time, in order, each
 * time in a transaction of another producer. Some are aborted first: committed readers never see those. A transaction may
 * stay in doubt for long, but the next one does not wait for it, so every record is in the log soon after it was due.
 */
import { BatchWriter } from '../../core/batch-writer.ts';
import { keyText, partitionOf } from '../../core/partitioner.ts';
import type { Topic } from '../../core/topic.ts';
import type { SimulatedInput } from './scenario.ts';
import { chance, randomInt } from './seeded-random.ts';
import { simulationEpoch, type Scheduler } from './scheduler.ts';
import type { SimCluster } from './sim-cluster.ts';
import type { SimPartition } from './sim-partition.ts';

interface Placed {
  readonly topic: Topic<unknown>;
  readonly partition: number;
  readonly value: unknown;
  readonly at: number;
  readonly early: boolean;
}

export class InputFeed {
  readonly #cluster: SimCluster;
  readonly #scheduler: Scheduler;
  #left = 0;

  constructor(cluster: SimCluster) {
    this.#cluster = cluster;
    this.#scheduler = cluster.scheduler;
  }

  /** True when every record is in the log. */
  get done(): boolean {
    return this.#left === 0;
  }

  /** Schedules all inputs over the next `spanMs`. */
  start(inputs: readonly SimulatedInput[], topics: ReadonlyMap<string, Topic<unknown>>, spanMs: number): void {
    const { random } = this.#scheduler;
    const lanes = new Map<string, Placed[]>();
    inputs.forEach((input, index) => {
      const placed = this.#place(input, topics.get(input.source)!, index);
      const lane = `${placed.topic.name}/${placed.partition}`;
      const list = lanes.get(lane);
      if (list === undefined) lanes.set(lane, [placed]);
      else list.push(placed);
    });
    this.#left = lanes.size;
    for (const [lane, records] of lanes) {
      const early = records.filter((record) => record.early);
      if (early.length > 0) this.#partition(early[0]!).append(sealed(early), undefined);
      const later = records.filter((record) => !record.early);
      void this.#feed(lane, later, random() * spanMs);
    }
  }

  #place({ value, at, partition, early = false }: SimulatedInput, topic: Topic<unknown>, index: number): Placed {
    const count = this.#cluster.describe(topic.name)!.partitions;
    const { key } = topic.options;
    const byKey = key === undefined ? index % count : partitionOf(keyText(key(value)), count);
    return { topic, partition: partition ?? byKey, value, at: at ?? simulationEpoch + index, early };
  }

  // The first chunk may come at once, the last one about when the span ends, and never after twice that.
  async #feed(lane: string, records: readonly Placed[], spanMs: number): Promise<void> {
    const { random } = this.#scheduler;
    for (let from = 0; from < records.length;) {
      const count = Math.min(randomInt(random, 1, 6), records.length - from);
      await this.#pass((random() * 2 * spanMs * count) / records.length);
      const producer = `input ${lane} ${from}`;
      if (this.#cluster.disk === undefined && chance(random, 0.2))
        await this.#write(`${producer} aborted`, records.slice(0, count), false);
      await this.#write(producer, records.slice(from, from + count), true);
      from += count;
    }
    this.#left--;
  }

  async #write(producer: string, records: readonly Placed[], commit: boolean): Promise<void> {
    const { transactions } = this.#cluster;
    const partition = this.#partition(records[0]!);
    const bytes = sealed(records);
    if (this.#cluster.disk !== undefined) {
      partition.append(bytes, undefined);
      return;
    }
    const holder = await transactions.open(producer, 60_000);
    transactions.append(holder, await transactions.begin(holder), partition, bytes);
    await this.#pass(this.#scheduler.random() * 20);
    transactions.end(holder, commit ? 'committed' : 'aborted');
  }

  #partition({ topic, partition }: Placed): SimPartition {
    return this.#cluster.partition({ topic: topic.name, partition });
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#scheduler.at(ms, 'input', resolve));
  }
}

function sealed(records: readonly Placed[]): Buffer {
  const { topic, partition } = records[0]!;
  const writer = new BatchWriter(topic.name, partition);
  for (const { value, at } of records) {
    const key = topic.options.key === undefined ? null : keyText(topic.options.key(value));
    writer.append(key, topic.codec, value, at);
  }
  return writer.seal()!.bytes;
}
