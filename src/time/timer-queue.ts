/**
 * Timers in memory, pure: no rows, no clock. A timer is a key and a time; a second one is the same timer. They come out
 * by (time, key text), so a replay fires them in the same order.
 *
 *   heap of distinct times ── 10:00 ── 10:05 ── 10:10
 *                               │        └ bucket {d}
 *                               └ bucket {b, a, c}  sorted when the first of them is taken
 *
 * Most timers share their time with others (windows), so the heap holds times and not timers. A bucket that lost its
 * timers stays in the heap until it comes up or empty ones are the majority.
 */
import { compareText } from '../core/compare-text.ts';
import type { Key } from '../core/partitioner.ts';

class Bucket {
  readonly time: number;
  /** The owner's mark of each timer. */
  readonly marks = new Map<Key, number>();
  /** Keys in firing order once firing began; those before `next` are gone, and some of the others may be. */
  order: Key[] | undefined;
  next = 0;

  constructor(time: number) {
    this.time = time;
  }
}

export class TimerQueue {
  readonly #buckets = new Map<number, Bucket>();
  /** Binary heap of the times in `#buckets`. */
  #heap: number[] = [];
  #size = 0;
  #empty = 0;
  #last: Bucket | undefined;

  takenTime = Number.NaN;
  takenKey: Key = '';
  takenMark = 0;

  get size(): number {
    return this.#size;
  }

  /** False: the timer was there already (its mark stays). */
  add(time: number, key: Key, mark = 0): boolean {
    let bucket = this.#last;
    if (bucket?.time !== time) {
      bucket = this.#buckets.get(time);
      if (bucket === undefined) {
        bucket = new Bucket(time);
        this.#buckets.set(time, bucket);
        push(this.#heap, time);
        this.#empty++;
      }
      this.#last = bucket;
    }
    const { marks } = bucket;
    const before = marks.size;
    if (bucket.order !== undefined && !marks.has(key)) insert(bucket.order, bucket.next, key);
    if (before !== 0 && marks.has(key)) return false;
    marks.set(key, mark);
    if (before === 0) this.#empty--;
    this.#size++;
    return true;
  }

  /** The mark of a timer; undefined: there is none. */
  mark(time: number, key: Key): number | undefined {
    return this.#buckets.get(time)?.marks.get(key);
  }

  setMark(time: number, key: Key, mark: number): void {
    const marks = this.#buckets.get(time)?.marks;
    if (marks?.has(key) === true) marks.set(key, mark);
  }

  /** False: there was none. */
  delete(time: number, key: Key): boolean {
    const bucket = this.#buckets.get(time);
    if (bucket?.marks.delete(key) !== true) return false;
    this.#size--;
    if (bucket.marks.size === 0) {
      this.#empty++;
      if (this.#empty > 64 && this.#empty * 2 > this.#heap.length) this.#compact();
    }
    return true;
  }

  /** Time of the earliest timer; Infinity: none. */
  next(): number {
    return this.#top()?.time ?? Infinity;
  }

  /** Takes the earliest timer at or before `time` into `takenTime`, `takenKey` and `takenMark`; false: none. */
  take(time: number): boolean {
    const bucket = this.#top();
    if (bucket === undefined || bucket.time > time) return false;
    const order = (bucket.order ??= sorted(bucket.marks));
    let key = order[bucket.next++]!;
    let mark = bucket.marks.get(key);
    while (mark === undefined) {
      key = order[bucket.next++]!;
      mark = bucket.marks.get(key);
    }
    bucket.marks.delete(key);
    this.#size--;
    if (bucket.marks.size === 0) this.#empty++;
    this.takenTime = bucket.time;
    this.takenKey = key;
    this.takenMark = mark;
    return true;
  }

  /** Takes away all but the earliest `keep` timers, in firing order. */
  cut(keep: number, removed: (time: number, key: Key, mark: number) => void): void {
    let left = keep;
    for (const time of [...this.#buckets.keys()].sort((a, b) => a - b)) {
      const bucket = this.#buckets.get(time)!;
      if (bucket.marks.size <= left) {
        left -= bucket.marks.size;
        continue;
      }
      for (const key of sorted(bucket.marks)) {
        if (left-- > 0) continue;
        const mark = bucket.marks.get(key)!;
        this.delete(time, key);
        removed(time, key, mark);
      }
      left = 0;
    }
  }

  /** All timers, in no order. */
  *entries(): IterableIterator<readonly [time: number, key: Key]> {
    for (const bucket of this.#buckets.values()) for (const key of bucket.marks.keys()) yield [bucket.time, key];
  }

  clear(): void {
    this.#buckets.clear();
    this.#heap = [];
    this.#size = 0;
    this.#empty = 0;
    this.#last = undefined;
  }

  #top(): Bucket | undefined {
    const heap = this.#heap;
    while (heap.length > 0) {
      const bucket = this.#buckets.get(heap[0]!)!;
      if (bucket.marks.size > 0) return bucket;
      pop(heap);
      this.#drop(bucket);
    }
    return undefined;
  }

  #drop(bucket: Bucket): void {
    this.#buckets.delete(bucket.time);
    if (this.#last === bucket) this.#last = undefined;
    this.#empty--;
  }

  #compact(): void {
    for (const bucket of this.#buckets.values()) if (bucket.marks.size === 0) this.#drop(bucket);
    // An ascending array is a heap.
    this.#heap = [...this.#buckets.keys()].sort((a, b) => a - b);
  }
}

function sorted(marks: ReadonlyMap<Key, number>): Key[] {
  return [...marks.keys()].sort(compareKeys);
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

function push(heap: number[], time: number): void {
  let i = heap.length;
  heap.push(time);
  while (i > 0) {
    const parent = (i - 1) >>> 1;
    const above = heap[parent]!;
    if (above <= time) break;
    heap[i] = above;
    i = parent;
  }
  heap[i] = time;
}

function pop(heap: number[]): void {
  const moved = heap.pop()!;
  const { length } = heap;
  if (length === 0) return;
  let i = 0;
  while (true) {
    let child = 2 * i + 1;
    if (child >= length) break;
    if (child + 1 < length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= moved) break;
    heap[i] = heap[child]!;
    i = child;
  }
  heap[i] = moved;
}
