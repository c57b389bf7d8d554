import type { KafkajsEntry, KafkajsQueue } from './kafkajs-internals.ts';

export interface InFlightEntry extends KafkajsEntry {
  readonly memory?: ((size: number) => Buffer) | undefined;
}

/**
 * The requests of a connection that wait for answers. Takes the place of kafkajs's request queue, which keeps a timer of
 * one millisecond running for every connection and has timeouts that cannot be shorter than a common one.
 */
export class InFlight implements KafkajsQueue {
  readonly #entries = new Map<number, InFlightEntry>();

  get size(): number {
    return this.#entries.size;
  }

  push({ entry, sendRequest }: { entry: InFlightEntry; sendRequest: () => void }): void {
    this.#entries.set(entry.correlationId, entry);
    sendRequest();
  }

  /** Nobody waits any more; the answer will be dropped. */
  forget(correlationId: number): void {
    this.#entries.delete(correlationId);
  }

  /** Where the asker wants the answer; undefined: anywhere. */
  memoryFor(correlationId: number, size: number): Buffer | undefined {
    return this.#entries.get(correlationId)?.memory?.(size);
  }

  fulfillRequest(answer: { correlationId: number; size: number; payload: Buffer }): void {
    const entry = this.#entries.get(answer.correlationId);
    this.#entries.delete(answer.correlationId);
    entry?.resolve({ ...answer, entry });
  }

  rejectAll(error: unknown): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) entry.reject(error);
  }

  // The rest of what kafkajs calls: it would wait for parked long polls before it closes a connection.
  waitForPendingRequests(): Promise<void> {
    return Promise.resolve();
  }
  scheduleRequestTimeoutCheck(): void {}
  maybeThrottle(): void {}
  destroy(): void {}
}
