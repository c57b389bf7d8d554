/** A process's view of its machine's disk: reads of single rows are immediate, scans and writes take time. */
import { ByteWriter } from '../../core/byte-writer.ts';
import { addRecords, RowBatch } from '../../core/row-batch.ts';
import type { BulkLoad, Row, ScanRange, Store } from '../../core/store.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Host } from './host.ts';
import { brokenPosition } from './position-law.ts';
import { changesOf, type DiskChange, type SimDisk } from './sim-disk.ts';
import { randomInt } from './seeded-random.ts';

const local = { local: true };

export class SimStore implements Store {
  readonly #host: Host;
  readonly #disk: SimDisk;

  constructor(host: Host, disk: SimDisk) {
    this.#host = host;
    this.#disk = disk;
  }

  get(key: string): Buffer | undefined {
    const value = this.#disk.get(key);
    return value === undefined ? undefined : Buffer.from(value);
  }

  async *scan(range: ScanRange, signal?: AbortSignal): AsyncIterable<readonly Row[]> {
    signal?.throwIfAborted();
    const rows = await this.#host.call('store.scan', () => {
      const keys = this.#disk.keys(range.from, range.to).slice(0, range.limit);
      return keys.map((key): Row => ({ key, value: Buffer.from(this.#disk.get(key)!) }));
    });
    for (let at = 0; at < rows.length;) {
      signal?.throwIfAborted();
      const count = randomInt(this.#host.random, 1, rows.length - at + 1);
      yield rows.slice(at, at + count);
      at += count;
      if (at < rows.length) await this.#host.call('store.scan', () => undefined);
    }
  }

  write(batches: readonly RowBatch[], options: { readonly sync?: boolean } = {}): Promise<void> {
    const write = (): void => {
      const changes = changesOf(batches);
      const wrong = brokenPosition(this.#disk, changes);
      if (wrong !== undefined) this.#host.scheduler.fail(new StreamError('SIMULATION_FAILED', wrong));
      this.#disk.write(changes, options.sync ?? false);
    };
    return this.#host.call('store.write', write, local);
  }

  deleteRange({ from, to }: ScanRange): Promise<void> {
    const remove = (): void => {
      const changes = this.#disk.keys(from, to).map((key): DiskChange => [key, undefined]);
      this.#disk.write(changes, false);
    };
    return this.#host.call('store.write', remove, local);
  }

  size({ from, to }: ScanRange): Promise<number> {
    return this.#host.call('store.scan', () =>
      this.#disk.keys(from, to).reduce((sum, key) => sum + key.length + this.#disk.get(key)!.length, 0),
    );
  }

  /** Rows of a load are in memory until they are all written at once. Now and then there is no such thing. */
  async load(): Promise<BulkLoad | undefined> {
    const { random } = this.#host;
    if (random() < 0.3) return undefined;
    let room = randomInt(random, 1, 100);
    const rows = new RowBatch(new ByteWriter());
    const wait = (): Promise<void> => this.#host.call('store.load', () => undefined, local);
    return {
      add: (batch) => {
        room -= batch.count;
        if (room < 0) return false;
        addRecords(rows, batch);
        return true;
      },
      room: wait,
      finish: () => this.write([rows]),
      abort: wait,
    };
  }

  async close(): Promise<void> {
    // Rows stay on the disk; there is nothing to let go of.
  }
}
