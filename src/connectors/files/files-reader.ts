import type { Clock } from '../../core/clock.ts';
import type { FetchedPartition, FetchRequest, LogReader, PartitionOffset } from '../../core/log.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { LineInput } from './line-input.ts';

/** Fetches lines of files, and everything else from the log underneath. */
export class FilesReader implements LogReader {
  readonly #reader: LogReader;
  readonly #inputs: ReadonlyMap<string, LineInput>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();

  constructor(reader: LogReader, inputs: ReadonlyMap<string, LineInput>, clock: Clock) {
    this.#reader = reader;
    this.#inputs = inputs;
    this.#clock = clock;
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const own = request.partitions.filter(({ topic }) => this.#inputs.has(topic));
    if (own.length === 0) return await this.#reader.fetch(request);
    request.signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const others = { ...request, partitions: request.partitions.filter(({ topic }) => !this.#inputs.has(topic)) };
    const ready = await this.#read(own, request.partitionBytes);
    if (ready.length === 0 && request.maxWaitMs > 0) return await this.#wait(own, others);
    return [...ready, ...(await this.#fetchOthers({ ...others, maxWaitMs: 0 }))];
  }

  recycle(batch: RecordBatch): void {
    this.#reader.recycle?.(batch);
  }

  async close(): Promise<void> {
    this.#closing.abort(new StreamError('LOG_CLOSED', 'the reader was closed'));
    await this.#reader.close();
  }

  // Whatever comes first: lines, records of other topics, the end of the wait. A fetch takes nothing away, so the one
  // underneath can be given up.
  async #wait(own: readonly PartitionOffset[], others: FetchRequest): Promise<readonly FetchedPartition[]> {
    const giveUp = new AbortController();
    let fetched: readonly FetchedPartition[] = [];
    await new Promise<void>((resolve, reject) => {
      const fail: (thrown: unknown) => void = reject;
      const timer = this.#clock.schedule(others.maxWaitMs, resolve);
      giveUp.signal.addEventListener('abort', () => {
        timer.cancel();
        for (const cancel of callOff) cancel();
      });
      const signals = [this.#closing.signal, ...(others.signal === undefined ? [] : [others.signal])];
      for (const signal of signals) {
        const options = { signal: giveUp.signal };
        signal.addEventListener('abort', () => fail(signal.reason), options);
      }
      const inputs = own.map(({ topic }) => this.#inputs.get(topic)!);
      const callOff = inputs.map((input) => input.whenMore(resolve));
      this.#fetchOthers({ ...others, signal: giveUp.signal }).then((answer) => {
        fetched = answer;
        if (answer.some(({ batch }) => batch !== undefined)) resolve();
      }, fail);
    }).finally(() => {
      giveUp.abort(new StreamError('ABORTED', 'there is something to read'));
    });
    const read = await this.#read(own, others.partitionBytes);
    const silent = own.filter(({ topic }) => !read.some((part) => part.topic === topic));
    return [...read, ...silent.map(nothing), ...fetched];
  }

  async #read(own: readonly PartitionOffset[], maxBytes: number): Promise<readonly FetchedPartition[]> {
    const read = own.map(({ topic, partition, offset }) => {
      if (partition === 0) return this.#inputs.get(topic)!.read(offset, maxBytes);
      throw new StreamError('TOPIC_UNKNOWN', 'a file is one partition', { topic, partition });
    });
    return (await Promise.all(read)).filter((fetched) => fetched !== undefined);
  }

  async #fetchOthers(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    return request.partitions.length === 0 ? [] : await this.#reader.fetch(request);
  }
}

/** The answer about an input that was read to its end, and may go on. */
function nothing({ topic, partition, offset }: PartitionOffset): FetchedPartition {
  return { topic, partition, batch: undefined, nextOffset: offset, end: offset, stable: offset };
}
