import type { Key } from '../core/partitioner.ts';
import { checkKey } from '../core/partitioner.ts';
import type { MapState } from '../core/state-spec.ts';
import type { MapBody, MapEntry } from './map-body.ts';
import type { Stamped, TimeToLive } from './time-to-live.ts';

/**
 * Maps as functions see them. What keyed maps and task maps have in common; they differ in where the map of the moment
 * comes from and what a change of it means.
 */
export abstract class MapHandle<K extends Key, V> implements MapState<K, V> {
  readonly #ttl: TimeToLive | undefined;

  constructor(ttl: TimeToLive | undefined) {
    this.#ttl = ttl;
  }

  /** The map to read; undefined: there is none. */
  protected abstract body(): MapBody | undefined;
  /** The map to change, made if need be; it counts as changed from now on. */
  protected abstract changing(): MapBody;
  /** The entry of a key in memory, read if need be; may be a removed one. */
  protected abstract find(body: MapBody, key: Key): MapEntry | undefined;
  /** All present entries in order. */
  protected abstract all(body: MapBody): Iterable<MapEntry>;
  /** An entry came (1) or went (-1). */
  protected abstract counted(change: 1 | -1): void;
  /** A new entry will expire. */
  protected abstract willExpire(expiry: number, key: Key): void;
  abstract clear(): void;

  get(key: K): V | undefined {
    const body = this.body();
    const entry = body === undefined ? undefined : this.find(body, key);
    if (entry?.value === undefined) return undefined;
    if (this.#ttl === undefined) return entry.value as V;
    const stamped = entry.value as Stamped;
    if (!this.#ttl.isLive(stamped)) return undefined;
    if (this.#ttl.refreshOnRead) this.changing().put(key, this.#ttl.stamp(stamped.value), entry);
    return stamped.value as V;
  }

  has(key: K): boolean {
    const body = this.body();
    const entry = body === undefined ? undefined : this.find(body, key);
    return entry?.value !== undefined && this.#isLive(entry);
  }

  set(key: K, value: V): void {
    if (value === undefined) {
      this.delete(key);
      return;
    }
    const body = this.changing();
    const entry = this.find(body, key);
    if (entry === undefined) checkKey(key);
    const isNew = entry?.value === undefined;
    if (this.#ttl === undefined) {
      body.put(key, value, entry);
    } else {
      // An expired entry that the sweeper did not reach is gone for its owner: a new one comes last.
      if (!isNew && !this.#isLive(entry)) {
        body.remove(entry);
        body.put(key, this.#ttl.stamp(value), this.find(body, key));
        return;
      }
      const stamped = this.#ttl.stamp(value);
      if (isNew) this.willExpire(stamped.expiry, key);
      body.put(key, stamped, entry);
    }
    if (isNew) this.counted(1);
  }

  delete(key: K): void {
    const body = this.body();
    const entry = body === undefined ? undefined : this.find(body, key);
    if (entry?.value === undefined) return;
    this.changing().remove(entry);
    this.counted(-1);
  }

  *entries(): IterableIterator<[K, V]> {
    const body = this.body();
    if (body === undefined) return;
    if (this.#ttl === undefined) {
      for (const { key, value } of this.all(body)) yield [key as K, value as V];
      return;
    }
    for (const entry of this.all(body)) {
      if (!this.#isLive(entry)) continue;
      const { value } = entry.value as Stamped;
      if (this.#ttl.refreshOnRead) this.changing().put(entry.key, this.#ttl.stamp(value), this.find(body, entry.key));
      yield [entry.key as K, value as V];
    }
  }

  *keys(): IterableIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): IterableIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  get size(): number {
    const body = this.body();
    if (body === undefined) return 0;
    if (this.#ttl === undefined) return body.size;
    let size = 0;
    for (const entry of this.all(body)) if (this.#isLive(entry)) size++;
    return size;
  }

  /** Called by the sweeper: removes the entry if it expired, or gives its place in the index. */
  protected sweepEntry(body: MapBody, key: Key): void {
    const entry = this.find(body, key);
    if (entry?.value === undefined) return;
    const stamped = entry.value as Stamped;
    if (!this.#ttl!.isLive(stamped)) {
      this.changing().remove(entry);
      this.counted(-1);
      return;
    }
    let { expiry } = stamped;
    if (expiry === Infinity) {
      const fresh = this.#ttl!.stamp(stamped.value);
      this.changing().put(key, fresh, entry);
      expiry = fresh.expiry;
    }
    this.willExpire(expiry, key);
  }

  #isLive(entry: MapEntry): boolean {
    return this.#ttl === undefined || this.#ttl.isLive(entry.value as Stamped);
  }
}
