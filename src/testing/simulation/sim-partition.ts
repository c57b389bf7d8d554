/**
 * One partition of the simulated log. Records of a transaction are in the log as soon as they are appended, and readable
 * for committed readers only when the transaction's marker has landed:
 *
 *   start            stable            end
 *     | committed ... | open | committed | marker |
 *
 * `stable` is the first offset of the oldest transaction whose marker is still missing here.
 */
import { emptyColumns } from '../../core/record-batch.ts';
import { recordHeaders } from '../../core/record-headers.ts';
import { assignOffsets } from '../../core/batch-format.ts';
import { walkBatches } from '../../core/batch-walker.ts';
import { ByteWriter } from '../../core/byte-writer.ts';
import type { RecordBatch, RecordHeader } from '../../core/record-batch.ts';
import type { TransactionOutcome } from './transaction-outcome.ts';

export interface StoredRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: readonly RecordHeader[];
  /** Undefined: written outside of any transaction. */
  readonly transaction: TransactionOutcome | undefined;
  readonly marker: boolean;
}

export interface ReadResult {
  readonly batch: RecordBatch | undefined;
  readonly nextOffset: number;
}

export class SimPartition {
  readonly topic: string;
  readonly partition: number;
  readonly records: StoredRecord[] = [];
  readonly #open = new Map<TransactionOutcome, number>();
  readonly #watchers = new Set<() => void>();
  start = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  get end(): number {
    return this.records.length;
  }

  get stable(): number {
    let stable = this.end;
    for (const first of this.#open.values()) stable = Math.min(stable, first);
    return stable;
  }

  /** Appends sealed batches. Their bytes are checked as any broker would. */
  append(bytes: Buffer, transaction: TransactionOutcome | undefined): void {
    const owned = Buffer.from(bytes);
    assignOffsets(owned, this.end);
    const { batch } = walkBatches(owned, { topic: this.topic, partition: this.partition });
    if (batch === undefined) return;
    if (transaction !== undefined && !this.#open.has(transaction)) this.#open.set(transaction, this.end);
    for (let i = 0; i < batch.count; i++) {
      this.records.push({
        offset: this.end,
        timestamp: batch.timestamps[i]!,
        key: copyOf(batch.slab, batch.keyStarts[i]!, batch.keyEnds[i]!),
        value: copyOf(batch.slab, batch.valueStarts[i]!, batch.valueEnds[i]!),
        headers: recordHeaders(batch, i),
        transaction,
        marker: false,
      });
    }
    this.#changed();
  }

  /** The end marker of a transaction arrives. */
  land(transaction: TransactionOutcome): void {
    if (!this.#open.delete(transaction)) return;
    this.records.push({
      offset: this.end,
      timestamp: NaN,
      key: undefined,
      value: undefined,
      headers: [],
      transaction,
      marker: true,
    });
    this.#changed();
  }

  /** At most `limit` records from `offset` on; aborted and control records are passed over. */
  read(offset: number, limit: number, isolation: 'committed' | 'uncommitted'): ReadResult {
    const until = isolation === 'committed' ? this.stable : this.end;
    const found: StoredRecord[] = [];
    let next = offset;
    for (; next < until && found.length < limit; next++) {
      const record = this.records[next]!;
      if (record.marker || (isolation === 'committed' && record.transaction?.outcome === 'aborted')) continue;
      found.push(record);
    }
    return { batch: found.length === 0 ? undefined : this.#batchOf(found, next), nextOffset: next };
  }

  /** Records that committed readers can read. */
  committed(): readonly StoredRecord[] {
    const { stable } = this;
    return this.records.filter(
      ({ offset, marker, transaction }) => offset < stable && !marker && transaction?.outcome !== 'aborted',
    );
  }

  /** Calls `listener` at every change until the returned function is called. */
  watch(listener: () => void): () => void {
    this.#watchers.add(listener);
    return () => this.#watchers.delete(listener);
  }

  #changed(): void {
    for (const listener of [...this.#watchers]) listener();
  }

  #batchOf(records: readonly StoredRecord[], nextOffset: number): RecordBatch {
    const columns = emptyColumns(records.length);
    const withHeaders = records.some(({ headers }) => headers.length > 0);
    const headerStarts = withHeaders ? new Int32Array(records.length) : undefined;
    const slab = new ByteWriter(256);
    records.forEach(({ offset, timestamp, key, value, headers }, i) => {
      columns.offsets[i] = offset;
      columns.timestamps[i] = timestamp;
      columns.keyStarts[i] = key === undefined ? -1 : slab.length;
      if (key !== undefined) slab.bytes(key);
      columns.keyEnds[i] = key === undefined ? -1 : slab.length;
      columns.valueStarts[i] = value === undefined ? -1 : slab.length;
      if (value !== undefined) slab.bytes(value);
      columns.valueEnds[i] = value === undefined ? -1 : slab.length;
      if (headerStarts === undefined) return;
      headerStarts[i] = slab.length;
      writeHeaders(slab, headers);
    });
    const { topic, partition } = this;
    const bytes = slab.buffer.subarray(0, slab.length);
    return { topic, partition, slab: bytes, count: records.length, ...columns, headerStarts, nextOffset };
  }
}

function copyOf(slab: Buffer, start: number, end: number): Buffer | undefined {
  return start < 0 ? undefined : Buffer.from(slab.subarray(start, end));
}

function writeHeaders(slab: ByteWriter, headers: readonly RecordHeader[]): void {
  slab.varint(headers.length);
  for (const { key, value } of headers) {
    const name = Buffer.from(key);
    slab.varint(name.length);
    slab.bytes(name);
    slab.varint(value.length);
    slab.bytes(value);
  }
}
