/**
 * Reads records of any partitions, wherever their leaders are. Answers land when they come and are given to the call
 * that asks for their offset, so a call that is given up, or leaves a partition out for a while, loses nothing.
 *
 *   fetch --- wanted ---> FetchLanes --- questions ---> brokers
 *     ^                       |
 *     +---- what landed <-----+     walked (checksums, transactions, compression) when it is taken
 */
import type { FetchedPartition, FetchRequest, LogReader } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { RecordBatch } from '../../core/record-batch.ts';
import { Arrivals } from '../log/arrivals.ts';
import { BatchMemory } from './batch-memory.ts';
import { FetchLanes } from './fetch-lanes.ts';
import { FetchPlace } from './fetch-place.ts';
import type { KafkaContext } from './kafka-context.ts';
import { readAnswer } from './read-answer.ts';

/** How long to wait for answers that are under way when the caller's wait is over. */
const graceMs = 1_000;

/** What landed for a partition that was not wanted for so long is dropped. */
const forgetAfterMs = 5_000;

export class KafkaReader implements LogReader {
  readonly #context: KafkaContext;
  readonly #arrivals = new Arrivals();
  readonly #lanes: FetchLanes;
  readonly #closing = new AbortController();
  readonly #places = new Map<string, FetchPlace>();
  readonly #memory = new BatchMemory();
  #calls = 0;

  /** `number` is the reader's alone among those of the transport: it has connections of its own. */
  constructor(context: KafkaContext, number: number) {
    this.#context = context;
    const onLanding = (): void => {
      this.#arrivals.announce();
    };
    this.#lanes = new FetchLanes(context, { number, memory: this.#memory, onLanding });
  }

  async fetch(request: FetchRequest): Promise<readonly FetchedPartition[]> {
    const { clock } = this.#context;
    const { maxWaitMs, partitionBytes, isolation, signal } = request;
    const signals = signal === undefined ? [this.#closing.signal] : [signal, this.#closing.signal];
    const call = ++this.#calls;
    const start = clock.monotonic();
    const wanted = this.#wanted(request, start);
    for (;;) {
      for (const each of signals) each.throwIfAborted();
      for (const place of wanted) throwFailure(place);
      const fetched = await this.#take(wanted, request, call);
      const now = clock.monotonic();
      const left = start + maxWaitMs - now;
      const complete = wanted.every((place) => place.answeredCall === call);
      if (fetched.length > 0 || (left <= 0 && (complete || left <= -graceMs)))
        return [...fetched, ...emptyOnes(wanted)];
      // Taken before asking, so that an answer in between is not missed.
      const arrival = this.#arrivals.next();
      this.#lanes.ask(wanted, { call, partitionBytes, waitMs: Math.max(0, left), isolation });
      const retries = wanted.map(({ trouble }) => trouble?.until ?? 0).filter((time) => time > now);
      const wakeAt = Math.min(start + maxWaitMs + (left > 0 ? 0 : graceMs), ...retries);
      await arrival.wait(clock, wakeAt - now, signals);
    }
  }

  // In the order of their last records, oldest first: where an answer cannot hold all of them, the others are next.
  #wanted({ partitions, isolation }: FetchRequest, now: number): readonly FetchPlace[] {
    const wanted = partitions.map((asked) => {
      const key = `${asked.topic}/${asked.partition}`;
      let place = this.#places.get(key);
      if (place === undefined) {
        place = new FetchPlace(asked);
        this.#places.set(key, place);
      }
      place.want(asked.offset, isolation === 'committed', now);
      return place;
    });
    if (this.#places.size > wanted.length) {
      for (const [key, place] of this.#places) {
        if (!place.asking && now - place.wantedAt > forgetAfterMs) this.#places.delete(key);
      }
    }
    return wanted.sort((a, b) => a.servedCall - b.servedCall);
  }

  async #take(wanted: readonly FetchPlace[], { isolation }: FetchRequest, call: number): Promise<FetchedPartition[]> {
    const taken: FetchedPartition[] = [];
    for (const place of wanted) {
      const { landed } = place;
      if (landed === undefined) continue;
      place.landed = undefined;
      if (landed.from !== place.position || landed.committed !== (isolation === 'committed')) continue;
      const fetched = await readAnswer(landed, this.#memory);
      if (fetched.nextOffset === landed.from) continue; // the beginning of a batch: it comes first next time
      place.servedCall = call;
      place.empty = undefined;
      taken.push(fetched);
    }
    return taken;
  }

  recycle(batch: RecordBatch): void {
    this.#memory.recycle(batch);
  }

  close(): Promise<void> {
    this.#closing.abort(new StreamError('LOG_CLOSED', 'the reader was closed'));
    this.#lanes.close();
    return Promise.resolve();
  }
}

function throwFailure(place: FetchPlace): void {
  const { failure } = place;
  if (failure === undefined) return;
  place.failure = undefined;
  throw failure;
}

function emptyOnes(wanted: readonly FetchPlace[]): readonly FetchedPartition[] {
  return wanted.flatMap((place) => {
    const { empty } = place;
    place.empty = undefined;
    return empty === undefined ? [] : [empty];
  });
}
