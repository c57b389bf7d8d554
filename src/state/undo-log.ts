/**
 * Old values in the order they were replaced, to be put back newest first. Used for the invocation scope of an operator,
 * and by the memory backend for what changed since the last commit. Three parallel arrays: an entry allocates nothing.
 */
export interface Undoable {
  undo(item: unknown, old: unknown): void;
  /** Fails when no row can hold what changed since `old`. */
  check?(item: unknown, old: unknown): void;
}

export class UndoLog {
  /** Writers record old values only while this is true. */
  active = false;
  #targets: Undoable[] = [];
  #items: unknown[] = [];
  #olds: unknown[] = [];

  get size(): number {
    return this.#targets.length;
  }

  push(target: Undoable, item: unknown, old: unknown): void {
    this.#targets.push(target);
    this.#items.push(item);
    this.#olds.push(old);
  }

  /** Puts everything back and is empty afterwards. */
  revert(): void {
    this.active = false; // putting back is not a change to remember
    for (let i = this.#targets.length - 1; i >= 0; i--) this.#targets[i]!.undo(this.#items[i], this.#olds[i]);
    this.clear();
  }

  /** Fails when a change cannot be written. Each item is checked once, against its oldest value. */
  check(): void {
    const count = this.#targets.length;
    const seen = count > 1 ? new Set<unknown>() : undefined;
    for (let i = 0; i < count; i++) {
      const item = this.#items[i];
      if (seen?.has(item) === true) continue;
      seen?.add(item);
      this.#targets[i]!.check?.(item, this.#olds[i]);
    }
  }

  clear(): void {
    if (this.#targets.length === 0) return;
    this.#targets = [];
    this.#items = [];
    this.#olds = [];
  }
}
