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
import type { Key } from '../core/partitioner.ts';
import { TimerBucket } from './timer-bucket.ts';

export class TimerQueue {
  readonly #buckets = new Map<number, TimerBucket>();
  /** Binary heap of the times in `#buckets`. */
  #heap: number[] = [];
  #size = 0;
  #empty = 0;
  #last: TimerBucket | undefined;

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
        bucket = new TimerBucket(time);
        this.#buckets.set(time, bucket);
        push(this.#heap, time);
        this.#empty++;
      }
      this.#last = bucket;
    }
    const wasEmpty = bucket.size === 0;
    if (!bucket.add(key, mark)) return false;
    if (wasEmpty) this.#empty--;
    this.#size++;
    return true;
  }

  /** The mark of a timer; undefined: there is none. */
  mark(time: number, key: Key): number | undefined {
    return this.#buckets.get(time)?.mark(key);
  }

  setMark(time: number, key: Key, mark: number): void {
    const bucket = this.#buckets.get(time);
    if (bucket?.mark(key) !== undefined) bucket.set(key, mark);
  }

  /** False: there was none. */
  delete(time: number, key: Key): boolean {
    const bucket = this.#buckets.get(time);
    if (bucket?.delete(key) !== true) return false;
    this.#size--;
    if (bucket.size === 0) {
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
    const key = bucket.first();
    const mark = bucket.mark(key)!;
    bucket.delete(key);
    this.#size--;
    if (bucket.size === 0) this.#empty++;
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
      if (bucket.size <= left) {
        left -= bucket.size;
        continue;
      }
      for (const key of bucket.sorted()) {
        if (left-- > 0) continue;
        const mark = bucket.mark(key)!;
        this.delete(time, key);
        removed(time, key, mark);
      }
      left = 0;
    }
  }

  /** All timers, in no order. */
  *entries(): IterableIterator<readonly [time: number, key: Key]> {
    for (const bucket of this.#buckets.values()) for (const key of bucket.keys()) yield [bucket.time, key];
  }

  clear(): void {
    this.#buckets.clear();
    this.#heap = [];
    this.#size = 0;
    this.#empty = 0;
    this.#last = undefined;
  }

  #top(): TimerBucket | undefined {
    const heap = this.#heap;
    while (heap.length > 0) {
      const bucket = this.#buckets.get(heap[0]!)!;
      if (bucket.size > 0) return bucket;
      pop(heap);
      this.#drop(bucket);
    }
    return undefined;
  }

  #drop(bucket: TimerBucket): void {
    this.#buckets.delete(bucket.time);
    if (this.#last === bucket) this.#last = undefined;
    this.#empty--;
  }

  #compact(): void {
    for (const bucket of this.#buckets.values()) if (bucket.size === 0) this.#drop(bucket);
    // An ascending array is a heap.
    this.#heap = [...this.#buckets.keys()].sort((a, b) => a - b);
  }
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
