import type { FetchedPartition } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';

/** A topic of one partition made of lines. Offsets are byte positions; any number of readers, each at its own offset. */
export interface LineInput {
  /** First offset that can still be read, and the offset after the last line. */
  bounds(): { readonly start: number; readonly end: number };
  /** Lines from an offset on; undefined when there are none yet. Fails with OFFSET_OUT_OF_RANGE, IO_FAILED. */
  read(offset: number, maxBytes: number): Promise<FetchedPartition | undefined>;
  /** Calls back once there is more, or reading has failed, which `read` will tell. Returns how to call it off. */
  whenMore(callback: () => void): () => void;
  /** Nobody will read before this offset again. */
  release(offset: number): void;
  /** 1-based number of the line that begins at the offset; undefined when that is too long ago to tell. */
  lineOf(offset: number): number | undefined;
  close(): Promise<void>;
}

/** Names of a line input, for messages. */
export interface LineSource {
  readonly topic: string;
  /** Path, or words for a stream. */
  readonly name: string;
  /** Longest line that is read, bytes. */
  readonly maxLineBytes: number;
}

export function outOfRange({ topic, name }: LineSource, offset: number, start: number, end: number): StreamError {
  return new StreamError('OFFSET_OUT_OF_RANGE', `${name} can be read from ${start} to ${end}, not at ${offset}`, {
    topic,
    partition: 0,
    offset,
  });
}
