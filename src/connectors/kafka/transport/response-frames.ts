/**
 * Cuts what a connection reads into answers:
 *
 *   int32 size | int32 correlation id | body          size counts everything behind it
 *
 * Each answer gets memory of its own. What is missing of a large one is read straight into it; all else goes through a
 * buffer that is used again and again, so that reading makes no garbage.
 */
import { StreamError } from '../../../core/stream-error.ts';

const scratchBytes = 64 * 1024;

/** No broker answers with more: what says so is not Kafka. */
const mostBytes = 1024 * 1024 * 1024;

const headBytes = 8;

export interface FrameHandlers {
  /** Where the body of an answer goes; undefined: fresh memory. */
  readonly memoryFor: (correlationId: number, size: number) => Buffer | undefined;
  readonly onAnswer: (correlationId: number, body: Buffer) => void;
}

export class ResponseFrames {
  readonly #handlers: FrameHandlers;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  /** Size and correlation id of the answer under way, and how many of their bytes are there. */
  readonly #head = Buffer.alloc(headBytes);
  #headed = 0;
  /** Its body, once the head is there, and how much of it is there. */
  #body: Buffer | undefined;
  #filled = 0;

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  /** Where to read to next. */
  target(): Buffer {
    return this.#body?.subarray(this.#filled) ?? this.#scratch;
  }

  /** That many bytes were read into the last target. Throws PROTOCOL_ERROR. */
  arrived(count: number): void {
    if (this.#body === undefined) {
      this.take(this.#scratch.subarray(0, count));
    } else {
      this.#filled += count;
      this.#complete();
    }
  }

  /** Takes in bytes that were read elsewhere (TLS). Throws PROTOCOL_ERROR. */
  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#body === undefined) {
        this.#head[this.#headed++] = bytes[at++]!;
        if (this.#headed === 4) this.#checkSize();
        if (this.#headed === headBytes) this.#begin();
      } else {
        const count = bytes.copy(this.#body, this.#filled, at);
        at += count;
        this.#filled += count;
        this.#complete();
      }
    }
  }

  #checkSize(): void {
    const size = this.#head.readInt32BE(0);
    if (size >= 4 && size <= mostBytes) return;
    throw new StreamError('PROTOCOL_ERROR', `an answer of ${size} bytes is announced`, {
      remedy: 'Check that the address is a Kafka broker, and whether it wants `ssl`.',
    });
  }

  #begin(): void {
    const size = this.#head.readInt32BE(0) - 4;
    const memory = this.#handlers.memoryFor(this.#head.readInt32BE(4), size);
    this.#body = memory ?? (size < scratchBytes ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size));
    this.#filled = 0;
    this.#headed = 0;
    this.#complete();
  }

  #complete(): void {
    const body = this.#body;
    if (body === undefined || this.#filled < body.length) return;
    this.#body = undefined;
    this.#handlers.onAnswer(this.#head.readInt32BE(4), body);
  }
}
