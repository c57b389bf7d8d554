import type { Key } from '../core/partitioner.ts';
import { StreamError } from '../core/stream-error.ts';
import type { ErrorPlace } from '../core/stream-error.ts';
import { UndoLog } from './undo-log.ts';

/**
 * The current key of an operator. `turn` changes whenever a handle must look its cell up again: with the key, and after
 * cells were dropped from the cache. Turn 0: no key, since no function of the operator runs.
 */
export class KeyScope {
  key: Key | undefined = undefined;
  turn = 0;
  /** Fixed by the first key, for good. */
  keyType: 'string' | 'number' | undefined;
  /** Old values of the running invocation. */
  readonly undo = new UndoLog();
  readonly place: ErrorPlace;
  #turns = 0;

  constructor(place: ErrorPlace) {
    this.place = place;
  }

  set(key: Key): void {
    if (key === this.key) return;
    if (typeof key !== this.keyType) this.#checkType(key);
    this.key = key;
    this.turn = ++this.#turns;
  }

  /** No function runs any more: whoever kept a handle has no key. */
  leave(): void {
    this.key = undefined;
    this.turn = 0;
  }

  /** Cells were dropped: handles look again. */
  invalidate(): void {
    if (this.turn > 0) this.turn = ++this.#turns;
  }

  /** A key from its text. */
  parse(text: string): Key {
    return this.keyType === 'number' ? Number(text) : text;
  }

  noKey(): StreamError {
    return new StreamError('STATE_ACCESS', 'there is no current key', {
      ...this.place,
      remedy: 'Use state, timers and outputs only inside the functions of their operator, before they return.',
    });
  }

  #checkType(key: Key): void {
    const type = typeof key;
    if (this.keyType === undefined && (type === 'string' || type === 'number')) {
      this.keyType = type;
      return;
    }
    throw new StreamError(
      'KEY_INVALID',
      `keys of this operator are ${named(this.keyType)}, this one is ${named(type)}`,
      {
        ...this.place,
        key: String(key),
        remedy: 'Return one type from the key function; state of the other type cannot be found again.',
      },
    );
  }
}

function named(type: string | undefined): string {
  return type === 'string' ? 'text' : type === 'number' ? 'numbers' : String(type);
}
