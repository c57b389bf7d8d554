import { delay, systemClock } from '../../src/core/clock.ts';
import type { Log } from '../../src/core/log.ts';
import { writeEvents } from '../chaos/kafka-flow.ts';
import type { Event } from '../chaos/topology.ts';

const everyMs = 50;

/** Writes events at a steady rate from the moment it is made until `stop`. */
export class Feed {
  /** The longest time that a write took, ms. */
  longest = 0;
  #stopped = false;
  readonly #done: Promise<readonly Event[]>;

  constructor(log: Log, input: readonly Event[], perSecond: number) {
    this.#done = this.#run(log, input, perSecond);
    this.#done.catch(() => undefined); // told by `stop`
  }

  /** What it has written. */
  stop(): Promise<readonly Event[]> {
    this.#stopped = true;
    return this.#done;
  }

  async #run(log: Log, input: readonly Event[], perSecond: number): Promise<readonly Event[]> {
    const begin = systemClock.monotonic();
    let sent = 0;
    while (!this.#stopped && sent < input.length) {
      const start = systemClock.monotonic();
      // What an outage held up follows in pieces.
      const due = Math.min(Math.ceil(((start - begin) / 1000) * perSecond), sent + perSecond);
      if (due > sent) await writeEvents(log, input.slice(sent, due));
      sent = Math.min(Math.max(sent, due), input.length);
      this.longest = Math.max(this.longest, Math.round(systemClock.monotonic() - start));
      await delay(systemClock, everyMs);
    }
    return input.slice(0, sent);
  }
}
