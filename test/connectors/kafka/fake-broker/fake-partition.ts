import {
  assignOffsets,
  batchPrefixBytes,
  controlBit,
  readBatchHeader,
  stampProducer,
  transactionalBit,
  type BatchHeader,
} from '../../../../src/core/batch-format.ts';
import { BatchWriter } from '../../../../src/core/batch-writer.ts';
import { crc32c } from '../../../../src/core/crc32c.ts';
import { walkBatches } from '../../../../src/core/batch-walker.ts';
import type { AbortedTransaction } from '../../../../src/connectors/kafka/protocol/fetch.ts';
import type { ProducerId } from '../../../../src/connectors/kafka/protocol/producer-id.ts';
import { kafkaError } from './kafka-error.ts';

interface Stored {
  readonly header: BatchHeader;
  readonly bytes: Buffer;
}

interface Produced {
  epoch: number;
  nextSequence: number;
  /** The last batches: what is sent again is recognized. */
  readonly recent: { readonly sequence: number; readonly baseOffset: number }[];
}

/** A partition's log as a broker keeps it: batches, open transactions, sequence numbers of producers. */
export class FakePartition {
  leader: number;
  leaderEpoch = 0;
  start = 0;
  readonly #batches: Stored[] = [];
  readonly #open = new Map<number, number>();
  readonly #aborted: (AbortedTransaction & { readonly lastOffset: number })[] = [];
  readonly #producers = new Map<number, Produced>();
  #end = 0;

  constructor(leader: number) {
    this.leader = leader;
  }

  get end(): number {
    return this.#end;
  }

  get stable(): number {
    return Math.min(this.#end, ...this.#open.values());
  }

  /** Returns the offset of the first record, also of a batch that is there already. */
  append(bytes: Buffer): number {
    const header = readBatchHeader(bytes, 0, bytes.length, true);
    if (header?.bytes !== bytes.length) throw kafkaError.corruptMessage;
    const { producerId, count } = header;
    const [epoch, sequence] = [bytes.readInt16BE(51), bytes.readInt32BE(53)];
    const known = this.#producers.get(producerId);
    if (known !== undefined && epoch < known.epoch) throw kafkaError.invalidProducerEpoch;
    const fresh = known === undefined || epoch > known.epoch;
    const producer = fresh ? { epoch, nextSequence: 0, recent: [] } : known;
    const again = producer.recent.find((batch) => batch.sequence === sequence);
    if (again !== undefined) return again.baseOffset;
    if (sequence !== producer.nextSequence) throw kafkaError.outOfOrderSequence;
    const baseOffset = this.#end;
    this.#producers.set(producerId, producer);
    producer.nextSequence = sequence + count;
    producer.recent.push({ sequence, baseOffset });
    if (producer.recent.length > 5) producer.recent.shift();
    if ((header.attributes & transactionalBit) !== 0 && !this.#open.has(producerId)) {
      this.#open.set(producerId, baseOffset);
    }
    this.#store(bytes);
    return baseOffset;
  }

  /** Ends the producer's transaction here. */
  mark({ producerId, producerEpoch }: ProducerId, type: 'abort' | 'commit', now: number): void {
    const firstOffset = this.#open.get(producerId);
    this.#open.delete(producerId);
    if (type === 'abort' && firstOffset !== undefined) {
      this.#aborted.push({ producerId, firstOffset, lastOffset: this.#end });
    }
    const writer = new BatchWriter('', 0);
    writer.appendBytes(Buffer.from([0, 0, 0, type === 'commit' ? 1 : 0]), Buffer.alloc(6), 0, 6, now);
    const { bytes } = writer.seal()!;
    stampProducer(bytes, 0, { producerId, producerEpoch, baseSequence: -1, transactional: true });
    bytes.writeInt16BE(bytes.readInt16BE(21) | controlBit, 21);
    bytes.writeUInt32BE(crc32c(bytes, 21), 17);
    this.#store(bytes);
    const producer = this.#producers.get(producerId);
    if (producer !== undefined) producer.epoch = Math.max(producer.epoch, producerEpoch);
  }

  #store(bytes: Buffer): void {
    const stored = Buffer.from(bytes);
    this.#end = assignOffsets(stored, this.#end);
    this.#batches.push({ header: readBatchHeader(stored, 0, stored.length, false)!, bytes: stored });
  }

  /** Whole batches from the one that holds `offset` on; the first one whatever its size. Later ones may be cut off. */
  read(
    offset: number,
    mostBytes: number,
    committed: boolean,
  ): { records: Buffer; aborted: readonly AbortedTransaction[] } {
    if (offset < this.start || offset > this.#end) throw kafkaError.offsetOutOfRange;
    const limit = committed ? this.stable : this.#end;
    const found = this.#batches.filter(({ header }) => header.lastOffset >= offset && header.baseOffset < limit);
    const records = Buffer.concat(found.map(({ bytes }) => bytes));
    const first = found[0]?.bytes.length ?? 0;
    const aborted = this.#aborted.filter(({ firstOffset, lastOffset }) => firstOffset < limit && lastOffset >= offset);
    return { records: records.subarray(0, Math.max(first, mostBytes)), aborted: committed ? aborted : [] };
  }

  /** The first offset whose timestamp is at or after `timestamp`; -1: none. */
  offsetAt(timestamp: number): number {
    for (const { header, bytes } of this.#batches) {
      if ((header.attributes & controlBit) !== 0 && header.maxTimestamp >= timestamp) return header.baseOffset;
      const { batch } = walkBatches(bytes, { topic: '', partition: 0, from: this.start });
      const index = batch?.timestamps.findIndex((time, i) => i < batch.count && time >= timestamp) ?? -1;
      if (index >= 0) return batch!.offsets[index]!;
    }
    return -1;
  }

  deleteBefore(offset: number): void {
    if (offset > this.#end) throw kafkaError.offsetOutOfRange;
    this.start = Math.max(this.start, offset);
  }
}

/** The batches of a produce request's records. */
export function* batchesOf(records: Buffer): Generator<Buffer> {
  for (let at = 0; at < records.length;) {
    const end = at + records.readInt32BE(at + 8) + batchPrefixBytes;
    yield records.subarray(at, end);
    at = end;
  }
}
