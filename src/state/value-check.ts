import { ByteWriter } from '../core/byte-writer.ts';
import type { Codec } from '../core/codec.ts';
import { StreamError } from '../core/stream-error.ts';
import type { Stamped } from './time-to-live.ts';
import { MAX_VALUE_BYTES, tooLarge } from './value-limit.ts';

/** What is kept of the scratch buffer between checks. */
const KEPT_BYTES = 64 * 1024;

/**
 * Encodes values on trial. A commit is too late to find that a value cannot be written: whose `onError` says how to go on
 * must hear of it in the invocation that wrote it. Operators that fail anyway hear of it in the commit and pay nothing.
 */
export class ValueCheck {
  readonly #state: string;
  readonly #codec: Codec<unknown>;
  readonly #stamped: boolean;
  #scratch = new ByteWriter(256);

  /** `stamped`: values come with their expiry. */
  constructor(state: string, codec: Codec<unknown>, stamped: boolean) {
    this.#state = state;
    this.#codec = codec;
    this.#stamped = stamped;
  }

  /** Fails with ENCODE_FAILED or RECORD_TOO_LARGE when no row could hold the value. */
  check(stored: unknown): void {
    const scratch = this.#scratch;
    scratch.clear();
    try {
      this.#codec.encode(this.#stamped ? (stored as Stamped).value : stored, scratch);
      if (scratch.length > MAX_VALUE_BYTES) throw tooLarge(scratch.length);
    } catch (thrown) {
      throw StreamError.from(thrown, 'ENCODE_FAILED', { path: this.#state });
    } finally {
      if (scratch.buffer.length > KEPT_BYTES) this.#scratch = new ByteWriter(256);
    }
  }
}
