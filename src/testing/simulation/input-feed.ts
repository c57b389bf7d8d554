/**
 * Brings the inputs of a scenario into the log while the job runs: a few records of a partition at a time, in order, in
 * transactions of a producer of its own. Some transactions are aborted first: committed readers never see those.
 */
import { BatchWriter } from '../../core/batch-writer.ts';
import { keyText, partitionOf } from '../../core/partitioner.ts';
import type { Topic } from '../../core/topic.ts';
import type { SimulatedInput } from './scenario.ts';
import { chance, randomInt } from './seeded-random.ts';
import { simulationEpoch, type Scheduler } from './scheduler.ts';
import type { SimCluster } from './sim-cluster.ts';

interface Placed {
  readonly topic: Topic<unknown>;
  readonly partition: number;
  readonly value: unknown;
  readonly at: number;
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
    for (const [lane, records] of lanes) void this.#feed(lane, records, random() * spanMs);
  }

  #place({ value, at, partition }: SimulatedInput, topic: Topic<unknown>, index: number): Placed {
    const count = this.#cluster.describe(topic.name)!.partitions;
    const { key } = topic.options;
    const byKey = key === undefined ? index % count : partitionOf(keyText(key(value)), count);
    return { topic, partition: partition ?? byKey, value, at: at ?? simulationEpoch + index };
  }

  // The first chunk may come at once, the last one about when the span ends.
  async #feed(lane: string, records: readonly Placed[], spanMs: number): Promise<void> {
    const { random } = this.#scheduler;
    const holder = await this.#cluster.transactions.open(`input ${lane}`, 60_000);
    for (let from = 0; from < records.length;) {
      const count = randomInt(random, 1, 6);
      await this.#pass((random() * 2 * spanMs * count) / records.length);
      if (this.#cluster.disk === undefined && chance(random, 0.2))
        await this.#write(holder, records.slice(0, count), false);
      await this.#write(holder, records.slice(from, from + count), true);
      from += count;
    }
    this.#left--;
  }

  async #write(
    holder: { readonly id: string; readonly epoch: number },
    records: readonly Placed[],
    commit: boolean,
  ): Promise<void> {
    const { transactions } = this.#cluster;
    const { topic, partition } = records[0]!;
    const writer = new BatchWriter(topic.name, partition);
    for (const { value, at } of records) {
      const key = topic.options.key === undefined ? null : keyText(topic.options.key(value));
      writer.append(key, topic.codec, value, at);
    }
    const { bytes } = writer.seal()!;
    if (this.#cluster.disk !== undefined) {
      this.#cluster.partition({ topic: topic.name, partition }).append(bytes, undefined);
      return;
    }
    const transaction = await transactions.begin(holder);
    transactions.append(holder, transaction, this.#cluster.partition({ topic: topic.name, partition }), bytes);
    await this.#pass(this.#scheduler.random() * 20);
    transactions.end(holder, commit ? 'committed' : 'aborted');
  }

  #pass(ms: number): Promise<void> {
    return new Promise((resolve) => this.#scheduler.at(ms, 'input', resolve));
  }
}
