/**
 * The records that were between the stages of a job, for the topics that it is restored on. Where both ends of an exchange
 * have as many tasks as then, partitions stay as they were, marks of event time included. Else:
 *
 *   other readers   records go to the partition of their key, then the last mark of each upstream to all partitions
 *   other writers   marks are left out: the new upstreams say themselves how far they are
 *
 * Dead letters on their way back go to their tasks of now: see letter-place.ts.
 */
import { copyRecord } from '../core/copy-record.ts';
import type { SealedBatch } from '../core/log.ts';
import { PartitionWriters } from '../core/partition-writers.ts';
import { partitionOf } from '../core/partitioner.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Layout, Plan } from '../plan/plan.ts';
import { recordsOf, type SavepointPlace } from '../state/read-savepoint.ts';
import { decodeMark } from '../time/watermark-mark.ts';
import { deadLetterCodec } from './dead-letters.ts';
import { internalInputs } from './internal-inputs.ts';
import { letterPlace } from './letter-place.ts';

const sealedBytes = 4 * 1024 * 1024;

export interface ReplayOptions {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly exchange: 'direct' | 'log';
  readonly savepoint: SavepointPlace;
}

/** Where records of a topic go. */
interface Route {
  /** Partitions of the topic now; undefined: as they were. */
  readonly partitions: number | undefined;
  readonly kind: 'exchange' | 'redrive';
  readonly keepsMarks: boolean;
}

export class Replay {
  readonly #options: ReplayOptions;
  readonly #writers = new PartitionWriters();
  /** Last mark of each upstream, by topic. */
  readonly #marks = new Map<string, Map<number, Buffer>>();

  constructor(options: ReplayOptions) {
    this.#options = options;
  }

  /** Fails with SAVEPOINT_INVALID when a file is damaged, or a record has nowhere to go. */
  async check(): Promise<void> {
    for await (const batch of recordsOf(this.#options.savepoint)) {
      const { kind, partitions } = this.#routeOf(batch.topic);
      if (kind === 'redrive') {
        for (let i = 0; partitions !== undefined && i < batch.count; i++) this.#letterTarget(batch, i);
        continue;
      }
      if (this.#options.exchange === 'log') continue;
      if (batch.keyStarts.subarray(0, batch.count).every((start) => start < 0)) continue; // marks of event time
      throw new StreamError('SAVEPOINT_INVALID', `records were on their way in ${batch.topic}`, {
        job: this.#options.plan.graph.job,
        topic: batch.topic,
        remedy: "Restore and run the job with exchanges over the log: `exchange: 'log'`.",
      });
    }
  }

  async *batches(): AsyncIterable<SealedBatch> {
    for await (const batch of recordsOf(this.#options.savepoint)) {
      const route = this.#routeOf(batch.topic);
      if (route.kind === 'exchange' && this.#options.exchange === 'direct') continue;
      for (let i = 0; i < batch.count; i++) this.#add(batch, i, route);
      yield* this.#writers.seal(sealedBytes);
    }
    for (const [topic, marks] of this.#marks) {
      const partitions = this.#routeOf(topic).partitions!;
      for (let partition = 0; partition < partitions; partition++) {
        const writer = this.#writers.of(topic, partition);
        for (const mark of marks.values()) writer.appendBytes(null, mark, 0, mark.length, NaN);
      }
    }
    yield* this.#writers.seal();
  }

  #add(batch: RecordBatch, i: number, { partitions, kind, keepsMarks }: Route): void {
    const { topic, partition, slab, keyStarts, keyEnds, valueStarts, valueEnds } = batch;
    const isMark = kind === 'exchange' && keyStarts[i]! < 0;
    if (isMark && !keepsMarks) return;
    if (partitions === undefined) {
      copyRecord(batch, i, this.#writers.of(topic, partition));
    } else if (isMark) {
      const mark = Buffer.from(slab.subarray(valueStarts[i], valueEnds[i]));
      const marks = this.#marks.get(topic) ?? new Map<number, Buffer>();
      this.#marks.set(topic, marks.set(decodeMark(mark).upstream, mark));
    } else if (kind === 'exchange') {
      const key = slab.utf8Slice(keyStarts[i], keyEnds[i]);
      copyRecord(batch, i, this.#writers.of(topic, partitionOf(key, partitions)));
    } else {
      const target = this.#letterTarget(batch, i);
      if (target !== undefined) copyRecord(batch, i, this.#writers.of(topic, target));
    }
  }

  // Undefined: nobody would take it in, its operator is gone.
  #letterTarget({ slab, valueStarts, valueEnds }: RecordBatch, i: number): number | undefined {
    const { plan, layout } = this.#options;
    try {
      return letterPlace(plan, layout, deadLetterCodec.decode(slab, valueStarts[i]!, valueEnds[i]!));
    } catch (error) {
      const { reason, place } = StreamError.from(error, 'DECODE_FAILED');
      throw new StreamError('SAVEPOINT_INVALID', `a dead letter is on its way back, and ${reason}`, {
        ...place,
        job: plan.graph.job,
        remedy:
          'Restore it with as many partitions as the savepoint was taken with, or take one after the job has run.',
      });
    }
  }

  #routeOf(topic: string): Route {
    const { plan, layout, savepoint } = this.#options;
    const then = savepoint.manifest.partitions;
    const input = internalInputs(plan).find((candidate) => candidate.topic === topic);
    if (input === undefined) {
      throw new StreamError('SAVEPOINT_INVALID', `records were on their way in ${topic}, which this graph lacks`, {
        job: plan.graph.job,
        topic,
        remedy: 'Restore it into the topology that it was taken from.',
      });
    }
    const tasks = layout.tasks.get(input.subTopology)!;
    const exchange = plan.exchanges.find((candidate) => candidate.topic === topic);
    const moves = then[input.subTopology] !== tasks;
    if (exchange === undefined) return { partitions: moves ? tasks : undefined, kind: 'redrive', keepsMarks: true };
    const keepsMarks = then[exchange.from] === layout.tasks.get(exchange.from);
    const partitions = moves ? layout.exchanges.get(exchange.node)! : undefined;
    return { partitions, kind: 'exchange', keepsMarks };
  }
}
