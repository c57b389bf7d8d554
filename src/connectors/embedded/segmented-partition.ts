import { assignOffsets } from '../../core/batch-format.ts';
import type { RowBatch } from '../../core/row-batch.ts';
import type { PartitionStore } from '../log/log-storage.ts';
import type { FileHandles } from './file-handles.ts';
import { closedKey, partitionKey, putJson, type ClosedRow, type PartitionRow } from './log-rows.ts';
import { Segment } from './segment.ts';

interface ClosedSegment {
  readonly segment: Segment;
  readonly end: number;
  readonly row: ClosedRow;
}

/** Bytes that are in a file but not committed yet. */
export interface PreparedAppend {
  /** A file that did not exist before. */
  readonly created: boolean;
  addRows(rows: RowBatch): void;
  /** The rows are durable: from here on the records can be read. */
  committed(): void;
}

/** One partition as segment files: closed ones, and the last one, which is appended to. */
export class SegmentedPartition implements PartitionStore {
  readonly topic: string;
  readonly partition: number;
  readonly folder: string;
  readonly #files: FileHandles;
  #closed: readonly ClosedSegment[];
  #active: Segment;
  #row: PartitionRow;

  constructor(
    place: { readonly topic: string; readonly partition: number; readonly folder: string },
    row: PartitionRow,
    closed: readonly { readonly base: number; readonly row: ClosedRow }[],
    files: FileHandles,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.folder = place.folder;
    this.#files = files;
    this.#row = row;
    this.#active = new Segment(place.folder, row.base, row.bytes, files);
    this.#closed = closed.map(({ base, row: closedRow }, i) => ({
      segment: new Segment(place.folder, base, closedRow.bytes, files),
      end: closed[i + 1]?.base ?? row.base,
      row: closedRow,
    }));
  }

  get start(): number {
    return this.#row.start;
  }

  get end(): number {
    return this.#row.end;
  }

  get segments(): readonly Segment[] {
    return [...this.#closed.map(({ segment }) => segment), this.#active];
  }

  verify(): Promise<void> {
    return this.#active.verifyTail(this.#row.tail, this.#row.end);
  }

  /** Writes sealed batches behind the committed end. Nothing changes until the result is committed. */
  async prepare(
    batches: readonly Buffer[],
    now: number,
    { segmentBytes, sync }: { segmentBytes: number; sync: boolean },
  ): Promise<PreparedAppend> {
    const before = this.#row;
    let size = 0;
    let end = before.end;
    for (const batch of batches) {
      end = assignOffsets(batch, end);
      size += batch.length;
    }
    const rolls = before.bytes > 0 && before.bytes + size > segmentBytes;
    const segment = rolls ? new Segment(this.folder, before.end, 0, this.#files) : this.#active;
    await segment.append(batches, sync);
    const tail = segment.bytes;
    const row = { start: before.start, end, base: segment.base, bytes: tail + size, tail, writtenAt: now };
    const closedRow = { bytes: before.bytes, writtenAt: before.writtenAt };
    return {
      created: tail === 0,
      addRows: (rows) => {
        putJson(rows, partitionKey(this), row);
        if (rolls) putJson(rows, closedKey(this, before.base), closedRow);
      },
      committed: () => {
        if (rolls) this.#closed = [...this.#closed, { segment: this.#active, end: before.end, row: closedRow }];
        this.#active = segment;
        this.#row = row;
        segment.committed(batches);
      },
    };
  }

  read(offset: number, maxBytes: number): Promise<Buffer> {
    const closed = this.#closed.findLast(({ segment }) => segment.base <= offset);
    const segment = closed !== undefined && offset < closed.end ? closed.segment : this.#active;
    return segment.read(offset, maxBytes);
  }

  async seek(timestamp: number): Promise<number> {
    for (const segment of this.segments) {
      const offset = await segment.seek(timestamp);
      if (offset !== undefined) return Math.max(offset, this.start);
    }
    return this.end;
  }

  /** Where the partition would begin if records older than a time, and segments beyond a size, were dropped. */
  retained(writtenSince: number, maxBytes: number): number {
    if (this.#row.writtenAt < writtenSince) return this.end;
    let bytes = this.#row.bytes;
    for (const { end, row } of this.#closed.toReversed()) {
      bytes += row.bytes;
      if (row.writtenAt < writtenSince || bytes > maxBytes) return Math.max(end, this.start);
    }
    return this.start;
  }

  /** The first step of a deletion: rows that say what is gone. */
  deletionRows(offset: number, rows: RowBatch): void {
    putJson(rows, partitionKey(this), { ...this.#row, start: offset });
    for (const { segment, end } of this.#closed) if (end <= offset) rows.delete(closedKey(this, segment.base));
  }

  /** The second step, when the rows are written: the records cannot be read any more; returns files to remove. */
  deleted(offset: number): readonly Segment[] {
    const gone = this.#closed.filter(({ end }) => end <= offset);
    this.#closed = this.#closed.slice(gone.length);
    this.#row = { ...this.#row, start: offset };
    return gone.map(({ segment }) => segment);
  }
}
