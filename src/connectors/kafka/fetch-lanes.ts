/**
 * Asks brokers for records, on two connections per broker, because a broker serves a connection in order:
 *
 *   fetch-n   partitions with something to read: answered at once
 *   poll-n    partitions that are read to their end: one long poll for all of them
 *
 * A partition that comes back while a long poll without it is parked is asked for on the first one, with a short wait.
 */
import type { FetchRequest } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { BatchMemory, SharedSlab } from './batch-memory.ts';
import type { FetchPlace } from './fetch-place.ts';
import type { KafkaContext } from './kafka-context.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';
import { decodeFetchResponse, encodeFetchRequest, fetchApi, type PartitionAnswer } from './protocol/fetch.ts';
import type { Slot } from './transport/kafka-transport.ts';

/** Most bytes of one answer: what is beyond comes with the next one. */
const answerBytes = 64 * 1024 * 1024;

/** A parked poll cannot be changed, so it must not last long. */
const longestPollMs = 500;
const shortPollMs = 20;

const offsetOutOfRange = 1;

export interface Ask {
  readonly call: number;
  readonly partitionBytes: number;
  /** What is left of the caller's wait. */
  readonly waitMs: number;
  readonly isolation: FetchRequest['isolation'];
}

interface Question extends Ask {
  readonly slot: Slot;
  readonly node: number;
  readonly places: readonly FetchPlace[];
}

/** What an answer says of one partition. */
interface Part {
  readonly answer: PartitionAnswer;
  readonly question: Question;
  readonly askedAt: number;
  readonly slab: SharedSlab;
}

export interface FetchLanesOptions {
  /** Of the reader: makes its connections its own. */
  readonly number: number;
  readonly memory: BatchMemory;
  /** Called when something has changed. */
  readonly onLanding: () => void;
}

export class FetchLanes {
  readonly #context: KafkaContext;
  readonly #quick: Slot;
  readonly #parked: Slot;
  readonly #memory: BatchMemory;
  readonly #onLanding: () => void;
  /** `slot/node` with a question under way. */
  readonly #busy = new Set<string>();
  /** Nodes whose quick connection is taken by a short poll. */
  readonly #short = new Set<number>();

  constructor(context: KafkaContext, { number, memory, onLanding }: FetchLanesOptions) {
    this.#context = context;
    this.#memory = memory;
    this.#quick = `fetch-${number}`;
    this.#parked = `poll-${number}`;
    this.#onLanding = onLanding;
  }

  /** Asks for all places that are not being asked for, as far as their brokers' connections are free. */
  ask(places: Iterable<FetchPlace>, how: Ask): void {
    const now = this.#context.clock.monotonic();
    const byNode = new Map<number, FetchPlace[]>();
    for (const place of places) {
      if (place.asking || place.landed !== undefined || (place.trouble?.until ?? 0) > now) continue;
      if (place.target === undefined) {
        void this.#lookUp(place);
        continue;
      }
      const { node } = place.target;
      const group = byNode.get(node);
      if (group === undefined) byNode.set(node, [place]);
      else group.push(place);
    }
    for (const [node, group] of byNode) this.#askNode(node, group, how);
  }

  #askNode(node: number, places: readonly FetchPlace[], how: Ask): void {
    const quickFree = !this.#busy.has(`${this.#quick}/${node}`);
    const parkedFree = !this.#busy.has(`${this.#parked}/${node}`);
    const behind = places.filter((place) => place.behind);
    const rest = places.filter((place) => !place.behind);
    if (quickFree && behind.length > 0) {
      void this.#send({ ...how, slot: this.#quick, node, places: behind, waitMs: 0 });
    }
    // Those that are in a short poll will soon be free to share the long one.
    if (rest.length === 0 || this.#short.has(node)) return;
    if (parkedFree) {
      const waitMs = Math.min(how.waitMs, longestPollMs);
      void this.#send({ ...how, slot: this.#parked, node, places: rest, waitMs });
    } else if (quickFree && behind.length === 0) {
      const waitMs = Math.min(how.waitMs, shortPollMs);
      this.#short.add(node);
      void this.#send({ ...how, slot: this.#quick, node, places: rest, waitMs }).finally(() =>
        this.#short.delete(node),
      );
    }
  }

  async #lookUp(place: FetchPlace): Promise<void> {
    place.asking = true;
    try {
      const { leader, leaderEpoch } = await this.#context.transport.leader(place.topic, place.partition);
      place.target = { node: leader, leaderEpoch };
    } catch (error) {
      this.#failed(place, StreamError.from(error, 'LOG_UNAVAILABLE'), place.position);
    } finally {
      place.asking = false;
      this.#onLanding();
    }
  }

  async #send(question: Question): Promise<void> {
    const { slot, node, places, waitMs, partitionBytes, isolation } = question;
    const { clock, settings, transport } = this.#context;
    const lane = `${slot}/${node}`;
    this.#busy.add(lane);
    for (const place of places) place.asking = true;
    const asked = new Map(places.map((place) => [keyOf(place), { place, from: place.position }]));
    const askedAt = clock.now();
    try {
      const body = encodeFetchRequest({
        positions: places.map(({ topic, partition, position, target }) => ({
          topic,
          partition,
          offset: position,
          leaderEpoch: target!.leaderEpoch,
        })),
        maxWaitMs: Math.ceil(waitMs),
        partitionBytes,
        maxBytes: Math.min(answerBytes, Math.max(partitionBytes, partitionBytes * places.length)),
        committed: isolation === 'committed',
        rack: settings.rack,
      });
      const { apiKey, version } = fetchApi;
      const timeoutMs = settings.requestTimeoutMs + waitMs;
      const memory = (size: number): Buffer => this.#memory.slab(size);
      const payload = await transport.send(node, slot, apiKey, version, body, { timeoutMs, memory });
      const { errorCode, partitions } = decodeFetchResponse(payload);
      if (errorCode !== 0) throw brokerFailure(errorCode, `the fetch from broker ${node}`);
      const slab = { memory: payload.buffer, users: partitions.filter(({ records }) => records.length > 0).length };
      for (const answer of partitions) {
        const found = asked.get(keyOf(answer));
        if (found !== undefined) this.#land(found, { answer, question, askedAt, slab });
      }
    } catch (error) {
      const failure = StreamError.from(error, 'LOG_UNAVAILABLE', { reaction: 'rollback' });
      for (const { place, from } of asked.values()) this.#failed(place, failure, from);
    } finally {
      this.#busy.delete(lane);
      if (slot === this.#quick) this.#short.delete(node);
      for (const place of places) place.asking = false;
      this.#onLanding();
    }
  }

  #land({ place, from }: { place: FetchPlace; from: number }, { answer, question, askedAt, slab }: Part): void {
    const { topic, partition, errorCode, end, stable, records, preferredReplica } = answer;
    if (errorCode !== 0) {
      this.#refused(place, from, errorCode, question);
      return;
    }
    const committed = question.isolation === 'committed';
    place.trouble = undefined;
    place.answeredCall = question.call;
    place.readable = committed ? stable : end;
    if (preferredReplica >= 0 && place.target !== undefined) {
      place.target = { ...place.target, node: preferredReplica, replica: true };
    }
    if (records.length > 0) place.landed = { answer, from, committed, askedAt, slab };
    else place.empty = { topic, partition, batch: undefined, nextOffset: from, end, stable, askedAt };
  }

  #refused(place: FetchPlace, from: number, errorCode: number, { node }: Question): void {
    const { topic, partition, target } = place;
    const { recovery } = brokerError(errorCode);
    const refused = brokerFailure(errorCode, `the fetch from broker ${node}`, { topic, partition, offset: from });
    const outOfRange = errorCode === offsetOutOfRange;
    if (recovery === 'refresh-metadata' || recovery === 'retry' || (outOfRange && target?.replica === true)) {
      // Also for an unknown topic: whether there is one, the look-up tells.
      if (recovery === 'refresh-metadata') this.#context.transport.invalidate({ topic });
      const { reason } = refused;
      this.#failed(place, new StreamError('LOG_UNAVAILABLE', reason, { topic, partition, reaction: 'rollback' }), from);
      return;
    }
    const reason = `offset ${from} is not, or no longer, in the log`;
    const remedy = 'The records were deleted or never written here: start from the earliest or the latest offset.';
    this.#tell(
      place,
      outOfRange ? new StreamError(refused.code, reason, { topic, partition, offset: from, remedy }) : refused,
      from,
    );
  }

  // What may pass is tried again after a pause, until the caller should know.
  #failed(place: FetchPlace, error: StreamError, from: number): void {
    const { clock, random, settings } = this.#context;
    const { topic, partition } = place;
    place.target = undefined;
    const now = clock.monotonic();
    const { count, since } = place.trouble ?? { count: 0, since: now };
    if (error.code !== 'LOG_UNAVAILABLE' || now - since >= settings.retryTimeoutMs) {
      this.#tell(place, error.at({ topic, partition }), from);
      return;
    }
    const pauseMs = count === 0 ? 0 : Math.min(settings.retryBackoffMaxMs, settings.retryBackoffMs * 2 ** (count - 1));
    const until = now + pauseMs * (0.9 + 0.2 * random());
    place.trouble = { count: count + 1, since, until };
  }

  #tell(place: FetchPlace, error: StreamError, from: number): void {
    place.trouble = undefined;
    if (place.position === from) place.failure = error;
  }

  close(): void {
    this.#context.transport.release(this.#quick);
    this.#context.transport.release(this.#parked);
  }
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}
