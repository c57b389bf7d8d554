import { UndoLog } from './undo-log.ts';

/**
 * Epochs of one task: `current` takes changes, the one before it may be in flight (collected, not yet durable). What was
 * last touched in an epoch up to `confirmed` is clean.
 */
export class Epochs {
  current = 1;
  confirmed = 0;
  /** Memory backend: old values of the current epoch's and the flying epoch's first touches; inactive otherwise. */
  undo = new UndoLog();
  #flight = new UndoLog();
  readonly #keepsOld: boolean;

  constructor(keepsOld: boolean) {
    this.#keepsOld = keepsOld;
    this.undo.active = keepsOld;
  }

  get inFlight(): boolean {
    return this.confirmed < this.current - 1;
  }

  collect(): void {
    this.current++;
    this.#flight = this.undo;
    this.undo = new UndoLog();
    this.undo.active = this.#keepsOld;
  }

  confirm(): void {
    this.confirmed = this.current - 1;
    this.#flight.clear();
  }

  /** Everything since the last confirmed epoch is void. */
  rollback(): void {
    this.undo.revert();
    this.#flight.revert();
    this.undo.active = this.#keepsOld;
    this.current++;
    this.confirmed = this.current - 1;
  }
}
