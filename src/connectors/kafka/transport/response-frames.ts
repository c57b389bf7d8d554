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

export class ResponseFrames {
  readonly #onAnswer: (correlationId: number, body: Buffer) => void;
  readonly #scratch = Buffer.allocUnsafeSlow(scratchBytes);
  readonly #size = Buffer.alloc(4);
  /** Bytes of `#size` that are there. */
  #sized = 0;
  /** The answer that is under way, from its correlation id on, and how much of it is there. */
  #answer: Buffer | undefined;
  #filled = 0;

  constructor(onAnswer: (correlationId: number, body: Buffer) => void) {
    this.#onAnswer = onAnswer;
  }

  /** Where to read to next. */
  target(): Buffer {
    return this.#answer?.subarray(this.#filled) ?? this.#scratch;
  }

  /** That many bytes were read into the last target. Throws PROTOCOL_ERROR. */
  arrived(count: number): void {
    if (this.#answer === undefined) {
      this.take(this.#scratch.subarray(0, count));
    } else {
      this.#filled += count;
      this.#complete();
    }
  }

  /** Takes in bytes that were read elsewhere (TLS). Throws PROTOCOL_ERROR. */
  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#answer === undefined) {
        this.#size[this.#sized++] = bytes[at++]!;
        if (this.#sized === 4) this.#begin();
      } else {
        const count = bytes.copy(this.#answer, this.#filled, at);
        at += count;
        this.#filled += count;
        this.#complete();
      }
    }
  }

  #begin(): void {
    const size = this.#size.readInt32BE(0);
    if (size < 4 || size > mostBytes) {
      throw new StreamError('PROTOCOL_ERROR', `an answer of ${size} bytes is announced`, {
        remedy: 'Check that the address is a Kafka broker, and whether it wants `ssl`.',
      });
    }
    this.#sized = 0;
    this.#answer = size < scratchBytes ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
    this.#filled = 0;
  }

  #complete(): void {
    const answer = this.#answer;
    if (answer === undefined || this.#filled < answer.length) return;
    this.#answer = undefined;
    this.#onAnswer(answer.readInt32BE(0), answer.subarray(4));
  }
}
