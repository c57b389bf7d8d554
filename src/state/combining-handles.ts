/** Reducing and aggregating states: a value state and a function that combines. */
import type { AggregatingState, Aggregator, ReducingState, ValueState } from '../core/state-spec.ts';

export class ReducingHandle<T> implements ReducingState<T> {
  readonly #value: ValueState<T>;
  readonly #reduce: (a: T, b: T) => T;

  constructor(value: ValueState<T>, reduce: (a: T, b: T) => T) {
    this.#value = value;
    this.#reduce = reduce;
  }

  get(): T | undefined {
    return this.#value.get();
  }

  add(value: T): void {
    const before = this.#value.get();
    this.#value.set(before === undefined ? value : this.#reduce(before, value));
  }

  clear(): void {
    this.#value.clear();
  }
}

export class AggregatingHandle<I, A, O> implements AggregatingState<I, O> {
  readonly #value: ValueState<A>;
  readonly #aggregator: Aggregator<I, A, O>;

  constructor(value: ValueState<A>, aggregator: Aggregator<I, A, O>) {
    this.#value = value;
    this.#aggregator = aggregator;
  }

  get(): O | undefined {
    const accumulator = this.#value.get();
    return accumulator === undefined ? undefined : this.#aggregator.result(accumulator);
  }

  add(value: I): void {
    const accumulator = this.#value.get() ?? this.#aggregator.create();
    this.#value.set(this.#aggregator.add(value, accumulator));
  }

  clear(): void {
    this.#value.clear();
  }
}
