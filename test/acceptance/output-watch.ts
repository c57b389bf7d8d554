import { systemClock } from '../../src/core/clock.ts';
import type { Log } from '../../src/core/log.ts';
import { placesOf } from '../chaos/kafka-flow.ts';
import { counts } from '../chaos/topology.ts';

/** Reads committed results as they come, and notes for how long there was nothing. */
export class OutputWatch {
  /** The longest gap of all that was measured, ms. */
  longest = 0;
  #gap = 0;
  #last = systemClock.monotonic();
  readonly #stop = new AbortController();
  #arrived: () => void = () => undefined;
  readonly #first = new Promise<void>((resolve) => {
    this.#arrived = resolve;
  });
  readonly #done: Promise<void>;

  constructor(log: Log) {
    this.#done = this.#run(log);
  }

  /** Resolves with the first result. */
  first(): Promise<void> {
    return Promise.race([this.#first, this.#done]);
  }

  /** The longest gap while `work` is done. */
  async measure(name: string, work: () => Promise<void>): Promise<void> {
    this.#gap = 0;
    await work();
    this.#gap = Math.max(this.#gap, systemClock.monotonic() - this.#last);
    console.error(`${name}: longest gap ${(this.#gap / 1000).toFixed(1)} s`);
    this.longest = Math.max(this.longest, Math.round(this.#gap));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(log: Log): Promise<void> {
    const { signal } = this.#stop;
    const reader = log.reader();
    const offsets = placesOf(counts.name).map((place) => ({ ...place, offset: 0 }));
    try {
      while (!signal.aborted) {
        const request = { partitionBytes: 1 << 20, maxWaitMs: 100, isolation: 'committed', signal } as const;
        for (const { partition, batch, nextOffset } of await reader.fetch({ ...request, partitions: offsets })) {
          offsets[partition]!.offset = nextOffset;
          if (batch === undefined) continue;
          const now = systemClock.monotonic();
          this.#gap = Math.max(this.#gap, now - this.#last);
          this.#last = now;
          this.#arrived();
        }
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await reader.close();
    }
  }
}
