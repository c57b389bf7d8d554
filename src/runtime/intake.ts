/**
 * Prefetch: keeps the inputs of a worker filled, within a bound of bytes. One fetch is under way at a time; partitions
 * that are full or paused are left out of it, which is all that backpressure is.
 */
import type { FetchedPartition, LogReader, TopicPartition } from '../core/log.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import { StreamError } from '../core/stream-error.ts';
import type { TaskInput } from './task-input.ts';

export interface IntakeOptions {
  readonly reader: LogReader;
  /** Bytes fetched and not yet processed, all inputs together. */
  readonly bufferBytes: number;
  readonly maxWaitMs: number;
  /** Something arrived. */
  readonly onArrival: () => void;
  readonly onError: (error: unknown) => void;
  readonly now: () => number;
}

export class Intake {
  readonly #options: IntakeOptions;
  #inputs: readonly TaskInput[] = [];
  /** Inputs left out for reasons other than their buffers (draining, alignment). */
  readonly #paused = new Set<TaskInput>();
  #fetching: { readonly abort: AbortController; readonly inputs: ReadonlySet<TaskInput> } | undefined;
  #closed = false;
  /** Of batches that only one input reads. */
  readonly #recycle: (batch: RecordBatch) => void;

  constructor(options: IntakeOptions) {
    this.#options = options;
    const { reader } = options;
    this.#recycle = (batch) => reader.recycle?.(batch);
  }

  /** Replaces the set of inputs; what is under way for others is dropped. */
  setInputs(inputs: readonly TaskInput[]): void {
    this.#inputs = inputs;
    this.#paused.clear();
    this.#restart();
  }

  setPaused(input: TaskInput, paused: boolean): void {
    if (paused) this.#paused.add(input);
    else if (this.#paused.delete(input)) this.poll();
  }

  /** Fetches when there is room for an input that is not being fetched. Call after buffers were emptied. */
  poll(): void {
    if (this.#closed) return;
    const wanted = this.#wanted();
    if (wanted.length === 0) return;
    if (this.#fetching !== undefined) {
      const { inputs, abort } = this.#fetching;
      // A long poll that leaves out a hungry input would starve it.
      if (wanted.some((input) => !inputs.has(input))) abort.abort(stopFetch);
      return;
    }
    void this.#fetch(wanted);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#fetching?.abort.abort(stopFetch);
    await this.#options.reader.close();
  }

  #restart(): void {
    if (this.#fetching === undefined) this.poll();
    else this.#fetching.abort.abort(stopFetch);
  }

  #wanted(): readonly TaskInput[] {
    const { bufferBytes } = this.#options;
    let total = 0;
    for (const input of this.#inputs) total += input.bufferedBytes;
    const each = bufferBytes / Math.max(1, this.#inputs.length);
    return this.#inputs.filter(
      (input) =>
        !input.ended &&
        input.fetchPosition < input.stopAt &&
        !this.#paused.has(input) &&
        (input.bufferedBytes === 0 || (total < bufferBytes && input.bufferedBytes < each)),
    );
  }

  async #fetch(inputs: readonly TaskInput[]): Promise<void> {
    const { reader, bufferBytes, maxWaitMs, onArrival, onError, now } = this.#options;
    const abort = new AbortController();
    const firsts = behindmost(inputs);
    const asked = new Map([...firsts].map(([name, input]) => [name, input.fetchPosition]));
    this.#fetching = { abort, inputs: new Set(inputs) };
    const sentAt = now();
    let failure: unknown;
    try {
      const fetched = await reader.fetch({
        partitions: [...firsts.values()].map(({ topic, partition, fetchPosition }) => ({
          topic,
          partition,
          offset: fetchPosition,
        })),
        partitionBytes: Math.max(64 * 1024, Math.floor(bufferBytes / Math.max(2, this.#inputs.length))),
        maxWaitMs,
        isolation: 'committed',
        signal: abort.signal,
      });
      const preparing = preparations(fetched, inputs);
      if (preparing.length > 0) await Promise.all(preparing);
      for (const part of fetched) {
        const from = asked.get(partitionName(part));
        const takers = inputs.filter(
          (input) =>
            partitionName(input) === partitionName(part) &&
            input.fetchPosition === from &&
            this.#inputs.includes(input),
        );
        for (const input of takers) {
          if (part.batch !== undefined) input.lastRecordAt = now();
          input.accept(part, takers.length === 1 ? this.#recycle : undefined);
          if (part.nextOffset >= part.end) input.emptyAt = part.askedAt ?? sentAt;
        }
      }
    } catch (error) {
      if (!abort.signal.aborted) failure = error;
    }
    this.#fetching = undefined;
    if (this.#closed) return;
    if (failure === undefined) {
      onArrival();
      this.poll();
    } else {
      onError(failure);
    }
  }
}

// Schemas that are met for the first time. Decoding is synchronous, so they are fetched before the records are let in.
function preparations(fetched: readonly FetchedPartition[], inputs: readonly TaskInput[]): readonly Promise<unknown>[] {
  return fetched.flatMap(({ topic, partition, batch }) => {
    if (batch === undefined) return [];
    const readers = inputs.filter((input) => input.topic === topic && input.partition === partition);
    return readers.flatMap((input) => input.prepare(batch) ?? []);
  });
}

// Broadcast partitions are read by every task of the worker: those that are ahead wait until the others are there too.
function behindmost(inputs: readonly TaskInput[]): ReadonlyMap<string, TaskInput> {
  const firsts = new Map<string, TaskInput>();
  for (const input of inputs) {
    const name = partitionName(input);
    const first = firsts.get(name);
    if (first === undefined || input.fetchPosition < first.fetchPosition) firsts.set(name, input);
  }
  return firsts;
}

function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}/${String(partition)}`;
}

const stopFetch = new StreamError('ABORTED', 'the fetch was stopped');
