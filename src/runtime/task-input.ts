/** One partition that a task reads: prefetched batches, position, event time. */
import type { FetchedPartition } from '../core/log.ts';
import type { RecordBatch } from '../core/record-batch.ts';
import type { LogEntry } from '../operators/exchange.ts';
import type { Redrive } from '../operators/redrive.ts';
import type { Source } from '../operators/source.ts';
import type { InputCut } from './cut-row.ts';

/** What reads the records: a source (one of its partitions), the entry of a log exchange, or returning dead letters. */
export type InputReader =
  | { readonly kind: 'source'; readonly source: Source; readonly index: number; readonly time: InputTime }
  | { readonly kind: 'exchange'; readonly entry: LogEntry }
  | { readonly kind: 'redrive'; readonly redrive: Redrive };

/** Time settings of a source's partition, milliseconds. */
export interface InputTime {
  readonly idleAfterMs: number;
  readonly whenIdle: 'advance' | 'hold';
  readonly maxDriftMs: number;
}

interface QueuedBatch {
  readonly batch: RecordBatch;
  readonly recycle: ((batch: RecordBatch) => void) | undefined;
}

export class TaskInput {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: string;
  readonly broadcast: boolean;
  /** Node that reads it; '': returning dead letters. */
  readonly node: string;
  readonly reader: InputReader;
  /** Next offset to process: what a commit records. */
  position: number;
  /** Next offset to fetch. */
  fetchPosition: number;
  /** End of the partition and of its committed part at the last fetch; -1: not fetched yet. */
  end = -1;
  /** Bytes of fetched batches not wholly processed. */
  bufferedBytes = 0;
  /** Wall time of the last arrival, ms. */
  lastRecordAt: number;
  /** Wall time at which the last fetch that found nothing more was sent, ms: nothing had come until then. */
  emptyAt = -Infinity;
  /** Timestamp of the last record processed, ms; NaN: none. */
  lastTimestamp = NaN;
  idle = false;
  /** Event time when it became idle. */
  idleTime = -Infinity;
  /** Last record of a bounded input was fetched. */
  ended = false;
  /** Set once the end of a bounded input was processed. */
  finished = false;
  /** Stop here (bounded runs); Infinity: never. */
  stopAt = Infinity;
  /** Records of the last slice. */
  lastSlice = 0;
  readonly #queue: QueuedBatch[] = [];
  #index = 0;

  constructor(
    place: {
      topic: string;
      partition: number;
      topicId: string;
      broadcast: boolean;
      node: string;
      position: number;
      now: number;
    },
    reader: InputReader,
  ) {
    this.topic = place.topic;
    this.partition = place.partition;
    this.topicId = place.topicId;
    this.broadcast = place.broadcast;
    this.node = place.node;
    this.position = place.position;
    this.fetchPosition = place.position;
    this.lastRecordAt = place.now;
    this.reader = reader;
  }

  get ready(): boolean {
    return this.#queue.length > 0;
  }

  /** A part of a batch has been processed. */
  get amidBatch(): boolean {
    return this.#index > 0;
  }

  /** Goes on at another offset, behind what has been fetched. */
  jump(to: number): void {
    this.fetchPosition = to;
    if (this.#queue.length === 0) this.position = to;
  }

  /** Something is there that has not been processed: fetched, or still in doubt in the log. */
  get behind(): boolean {
    return this.#queue.length > 0 || this.end > this.position;
  }

  /** Everything that was there has been processed. */
  get caughtUp(): boolean {
    return this.#queue.length === 0 && this.end >= 0 && this.position >= this.end;
  }

  /** Record timestamp of the next record; -Infinity: unknown. */
  get headTimestamp(): number {
    const time = this.#queue[0]!.batch.timestamps[this.#index]!;
    return Number.isNaN(time) ? -Infinity : time;
  }

  /** Fetches what a batch needs before it is accepted; undefined: nothing. */
  prepare(batch: RecordBatch): Promise<unknown> | undefined {
    const { reader } = this;
    switch (reader.kind) {
      case 'source':
        return reader.source.prepare(batch);
      case 'redrive':
        return reader.redrive.prepare(batch);
      case 'exchange':
        return undefined;
    }
  }

  /** `recycle` is called when the batch has been processed. */
  accept(fetched: FetchedPartition, recycle?: (batch: RecordBatch) => void): void {
    this.end = fetched.end;
    this.fetchPosition = fetched.nextOffset;
    if (fetched.ended === true) this.ended = true;
    if (fetched.batch !== undefined && fetched.batch.count > 0) {
      this.#queue.push({ batch: fetched.batch, recycle });
      this.bufferedBytes += fetched.batch.slab.length;
    } else if (this.#queue.length === 0) {
      this.position = fetched.nextOffset; // control and aborted records only
    }
  }

  /** Processes at most `limit` records; returns how many. */
  feed(limit: number): number {
    const { batch, recycle } = this.#queue[0]!;
    const from = this.#index;
    let to = Math.min(batch.count, from + limit);
    while (to > from && batch.offsets[to - 1]! >= this.stopAt) to--;
    if (to === from) {
      this.#drop();
      return 0;
    }
    const { reader } = this;
    const next = read(reader, batch, from, to);
    if (next > from) this.lastTimestamp = batch.timestamps[next - 1]!;
    if (next >= batch.count) {
      this.#queue.shift();
      this.#index = 0;
      this.bufferedBytes -= batch.slab.length;
      this.position = batch.nextOffset;
      recycle?.(batch);
    } else {
      this.#index = next;
      this.position = batch.offsets[next]!;
    }
    return next - from;
  }

  /** True when a bounded input has been processed to its end. */
  get exhausted(): boolean {
    return (this.ended && this.#queue.length === 0) || this.position >= this.stopAt;
  }

  // Everything fetched lies behind the end of a bounded run.
  #drop(): void {
    this.#queue.length = 0;
    this.#index = 0;
    this.bufferedBytes = 0;
    this.position = this.stopAt;
  }

  cut(): InputCut {
    const { reader } = this;
    return {
      topic: this.topic,
      partition: this.partition,
      position: this.position,
      topicId: this.topicId,
      broadcast: this.broadcast,
      ...eventTimeOf(reader, this.idle),
    };
  }

  restore({ times, idle, reached }: InputCut): void {
    const { reader } = this;
    switch (reader.kind) {
      case 'exchange':
        reader.entry.restore(times, new Set(idle), reached);
        return;
      case 'source':
        // What was idle stays so until the log says that there is more. As an active input the time that it followed the
        // clock to would count alone, and overtake inputs that are idle at an earlier time.
        this.idle = idle.length > 0 && reader.time.idleAfterMs < Infinity;
        this.idleTime = reached;
        reader.source.moveTime(reader.index, reached, this.idle);
        return;
      case 'redrive':
        return;
    }
  }
}

function read(reader: InputReader, batch: RecordBatch, from: number, to: number): number {
  switch (reader.kind) {
    case 'source':
      return reader.source.feed(batch, reader.index, from, to);
    case 'exchange':
      return reader.entry.feed(batch, from, to);
    case 'redrive':
      return reader.redrive.feed(batch, from, to);
  }
}

function eventTimeOf(reader: InputReader, inputIdle: boolean): Pick<InputCut, 'times' | 'idle' | 'reached'> {
  switch (reader.kind) {
    case 'source': {
      const time = reader.source.timeOf(reader.index);
      return { times: [time], idle: inputIdle ? [0] : [], reached: time };
    }
    case 'exchange': {
      const { upstreams } = reader.entry;
      const times = upstreams.times();
      return { times, idle: [...times.keys()].filter((i) => upstreams.isIdle(i)), reached: upstreams.watermark };
    }
    case 'redrive':
      return { times: [], idle: [], reached: -Infinity };
  }
}
