/**
 * Order of results of asynchronous calls. Pure: no calls, no time.
 *
 *   ordered:    e1 e2 W e3        results leave in input order, each only when all before it have left
 *   unordered:  [e1 e2] W [e3]    results leave as they come, but none crosses a watermark
 */
export interface QueueEntry<R> {
  readonly sequence: number;
  /** Set for watermarks. */
  readonly watermark: number | undefined;
  done: boolean;
  /** Result of a finished call; undefined while it runs, or when it ended without a result (skipped, dead letter). */
  result: { readonly value: R } | undefined;
}

export class ResultQueue<R> {
  readonly #ordered: boolean;
  // Arrival order. Unordered mode removes from the middle by marking `gone` and skipping at the head.
  readonly #entries: (QueueEntry<R> & { gone: boolean })[] = [];
  #head = 0;
  /** Finished entries that wait to be given out (unordered mode). */
  readonly #finished: (QueueEntry<R> & { gone: boolean })[] = [];

  constructor(mode: 'ordered' | 'unordered') {
    this.#ordered = mode === 'ordered';
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  add(sequence: number, watermark?: number): QueueEntry<R> {
    const entry = { sequence, watermark, done: watermark !== undefined, result: undefined, gone: false };
    this.#entries.push(entry);
    return entry;
  }

  /** The one transition of an element: its call has ended, with a result or without. Later ones are ignored (false). */
  finish(entry: QueueEntry<R>, result: { readonly value: R } | undefined): boolean {
    if (entry.done) return false;
    entry.done = true;
    entry.result = result;
    if (!this.#ordered) this.#finished.push(entry as QueueEntry<R> & { gone: boolean });
    return true;
  }

  /** Takes the next entry that may leave, or undefined. */
  take(): QueueEntry<R> | undefined {
    this.#skipGone();
    const head = this.#entries[this.#head];
    if (head === undefined) return undefined;
    if (head.done && (this.#ordered || head.watermark !== undefined)) {
      this.#head++;
      this.#compact();
      return head;
    }
    if (this.#ordered) return undefined;
    const barrier = this.#firstWatermark();
    const index = this.#finished.findIndex((entry) => entry.sequence < barrier);
    if (index < 0) return undefined;
    const [entry] = this.#finished.splice(index, 1);
    entry!.gone = true;
    this.#skipGone();
    return entry;
  }

  #firstWatermark(): number {
    for (let i = this.#head; i < this.#entries.length; i++) {
      if (this.#entries[i]!.watermark !== undefined) return this.#entries[i]!.sequence;
    }
    return Infinity;
  }

  #skipGone(): void {
    while (this.#entries[this.#head]?.gone === true) this.#head++;
    this.#compact();
  }

  #compact(): void {
    if (this.#head < 64 || this.#head * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#head);
    this.#head = 0;
  }
}
