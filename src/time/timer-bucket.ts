import { compareText } from '../core/compare-text.ts';
import type { Key } from '../core/partitioner.ts';

/**
 * The timers of one time: keys with a mark each. Where every record sets a timer of its own most buckets hold one, so
 * there is a map only from the second key on.
 */
export class TimerBucket {
  readonly time: number;
  #sole: Key | undefined = undefined;
  #soleMark = 0;
  #marks: Map<Key, number> | undefined = undefined;
  /** Keys in firing order once firing began; those before `#next` are gone, and some of the others may be. */
  #order: Key[] | undefined = undefined;
  #next = 0;

  constructor(time: number) {
    this.time = time;
  }

  get size(): number {
    return this.#marks === undefined ? (this.#sole === undefined ? 0 : 1) : this.#marks.size;
  }

  mark(key: Key): number | undefined {
    if (this.#marks !== undefined) return this.#marks.get(key);
    return this.#sole === key ? this.#soleMark : undefined;
  }

  /** False: the timer was there already (its mark stays). */
  add(key: Key, mark: number): boolean {
    if (this.mark(key) !== undefined) return false;
    if (this.#order !== undefined) insert(this.#order, this.#next, key);
    this.set(key, mark);
    return true;
  }

  set(key: Key, mark: number): void {
    if (this.#marks === undefined) {
      if (this.#sole === undefined || this.#sole === key) {
        this.#sole = key;
        this.#soleMark = mark;
        return;
      }
      this.#marks = new Map([[this.#sole, this.#soleMark]]);
      this.#sole = undefined;
    }
    this.#marks.set(key, mark);
  }

  delete(key: Key): boolean {
    if (this.#marks !== undefined) return this.#marks.delete(key);
    if (this.#sole !== key) return false;
    this.#sole = undefined;
    return true;
  }

  /** The first key in firing order, which stays; there must be one. */
  first(): Key {
    if (this.#marks === undefined) return this.#sole!;
    const order = (this.#order ??= this.sorted());
    while (!this.#marks.has(order[this.#next]!)) this.#next++;
    return order[this.#next]!;
  }

  /** Keys in firing order. */
  sorted(): Key[] {
    return [...this.keys()].sort(compareKeys);
  }

  keys(): Iterable<Key> {
    if (this.#marks !== undefined) return this.#marks.keys();
    return this.#sole === undefined ? [] : [this.#sole];
  }
}

function compareKeys(a: Key, b: Key): number {
  return compareText(typeof a === 'string' ? a : String(a), typeof b === 'string' ? b : String(b));
}

/** Puts a key into its place among those from index `from` on; one that is there (and was deleted) is found again. */
function insert(order: Key[], from: number, key: Key): void {
  let low = from;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(order[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  if (order[low] !== key) order.splice(low, 0, key);
}
