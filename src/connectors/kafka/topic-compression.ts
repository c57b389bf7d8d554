/**
 * How each topic wants its batches: its `compression.type` where that names one, else what the options say. Brokers pack
 * again what comes in another form than the topic's, so following the topic costs them nothing.
 */
import type { Clock } from '../../core/clock.ts';
import type { SealedBatch } from '../../core/log.ts';
import { isCompression, type Compression } from './compression/compression.ts';

export interface TopicCompressionOptions {
  readonly clock: Clock;
  /** For topics that leave it to the producer. */
  readonly fallback: Compression | undefined;
  /** How long an answer holds. */
  readonly maxAgeMs: number;
  /** `compression.type` by topic; topics of which nothing is known are missing. */
  readonly lookUp: (topics: readonly string[]) => Promise<ReadonlyMap<string, string>>;
}

interface Known {
  readonly compression: Compression | undefined;
  readonly at: number;
}

export class TopicCompression {
  readonly #options: TopicCompressionOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: TopicCompressionOptions) {
    this.#options = options;
  }

  /** The compression of each topic written to; undefined: none. */
  async of(outputs: readonly SealedBatch[]): Promise<ReadonlyMap<string, Compression | undefined>> {
    const topics = [...new Set(outputs.map(({ topic }) => topic))];
    const now = this.#options.clock.monotonic();
    const asked = topics.filter((topic) => !(now - (this.#known.get(topic)?.at ?? -Infinity) < this.#options.maxAgeMs));
    if (asked.length > 0) {
      const found = await this.#options.lookUp(asked);
      for (const topic of asked) {
        const type = found.get(topic) ?? 'producer';
        const { fallback } = this.#options;
        const compression = isCompression(type) ? type : type === 'producer' ? fallback : undefined;
        this.#known.set(topic, { compression, at: now });
      }
    }
    return new Map(topics.map((topic) => [topic, this.#known.get(topic)?.compression]));
  }
}
