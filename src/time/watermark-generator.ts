import type { WatermarkGenerator, WatermarkStrategy } from '../core/watermark-strategy.ts';

/** Largest event time - bound - 1 ms: a record may still come at exactly (largest - bound), so that is not yet passed. */
class BoundedGenerator implements WatermarkGenerator {
  readonly #bound: number;
  #largest = -Infinity;

  constructor(boundMs: number) {
    this.#bound = boundMs;
  }

  onTimestamp(timestamp: number): void {
    if (timestamp > this.#largest) this.#largest = timestamp;
  }

  current(): number {
    return this.#largest - this.#bound - 1;
  }
}

/** A custom generator may go back; its watermark does not. */
class ForwardOnly implements WatermarkGenerator {
  readonly #inner: WatermarkGenerator;
  #current = -Infinity;

  constructor(inner: WatermarkGenerator) {
    this.#inner = inner;
  }

  onTimestamp(timestamp: number, value: unknown): void {
    this.#inner.onTimestamp(timestamp, value);
  }

  current(): number {
    const next = this.#inner.current();
    if (next > this.#current) this.#current = next;
    return this.#current;
  }
}

/** A generator for one partition of a source. */
export function createGenerator(strategy: WatermarkStrategy<never>): WatermarkGenerator {
  switch (strategy.kind) {
    case 'bounded':
    case 'monotonous':
      return new BoundedGenerator(strategy.boundMs);
    case 'custom':
      return new ForwardOnly(strategy.generator!());
  }
}
