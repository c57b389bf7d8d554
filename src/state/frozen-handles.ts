/**
 * State for tests: every value that goes in or comes out is frozen, so a function that changes one in place instead of by
 * `set` throws there and then. In production such a change would be lost or kept, depending on what the cache holds.
 */
import type { Codec } from '../core/codec.ts';
import type { ListState, MapState, ValueState } from '../core/state-spec.ts';

export function freezeDeep<T>(value: T): T {
  freezeAll(value, new Set());
  return value;
}

function freezeAll(value: unknown, seen: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  if (ArrayBuffer.isView(value)) return; // bytes cannot be frozen
  seen.add(value);
  Object.freeze(value);
  for (const inner of Object.values(value)) freezeAll(inner, seen);
}

export function frozenCodec<T>(codec: Codec<T>): Codec<T> {
  return {
    name: codec.name,
    version: codec.version,
    encode(value, out) {
      codec.encode(value, out);
    },
    decode: (bytes, start, end, version) => freezeDeep(codec.decode(bytes, start, end, version)),
  };
}

export function frozenValue<T>(inner: ValueState<T>): ValueState<T> {
  return {
    get: () => inner.get(),
    set(value) {
      inner.set(freezeDeep(value));
    },
    clear() {
      inner.clear();
    },
  };
}

export function frozenList<T>(inner: ListState<T>): ListState<T> {
  return {
    get size() {
      return inner.size;
    },
    add(value) {
      inner.add(freezeDeep(value));
    },
    addAll(values) {
      for (const value of values) inner.add(freezeDeep(value));
    },
    get: () => Object.freeze(inner.get()),
    set(values) {
      for (const value of values) freezeDeep(value);
      inner.set(values);
    },
    clear() {
      inner.clear();
    },
  };
}

export function frozenMap<K, V>(inner: MapState<K, V>): MapState<K, V> {
  return {
    get size() {
      return inner.size;
    },
    get: (key) => inner.get(key),
    set(key, value) {
      inner.set(key, freezeDeep(value));
    },
    has: (key) => inner.has(key),
    delete(key) {
      inner.delete(key);
    },
    entries: () => inner.entries(),
    keys: () => inner.keys(),
    values: () => inner.values(),
    clear() {
      inner.clear();
    },
  };
}
