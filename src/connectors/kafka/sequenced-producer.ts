/**
 * Sends sealed batches to the leaders of their partitions, each once and in order, whatever brokers do meanwhile. Works in
 * waves: up to `inFlight` batches of every partition that has something left, all brokers at once. What a wave could not
 * deliver is retried alone, to the leader of that time, with the same bytes and sequence numbers.
 */
import { batchPrefixBytes } from '../../core/batch-format.ts';
import type { SealedBatch } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import type { Compression } from './compression/compression.ts';
import { packBatch } from './compression/pack-batch.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { leaderFailure } from './leader-failure.ts';
import { persist } from './persist.ts';
import { ProduceLane } from './produce-lane.ts';
import {
  decodeProduceResponse,
  encodeProduceRequest,
  produceApi,
  type OutgoingBatch,
  type ProducedPartition,
} from './protocol/produce.ts';
import type { ProducerId } from './protocol/producer-id.ts';

/** Batches of a partition under way at once. Brokers recognize the last five of a producer. */
const inFlight = 5;

/** Bytes of batches in one request. Brokers refuse requests of more than 100 MB. */
const mostRequestBytes = 8 * 1024 * 1024;

/** Errors after which the batch may be in the log. */
const maybeAppended: ReadonlySet<number> = new Set([-1, 7, 13, 20, 56]);

const duplicateSequence = 46;

export class SequencedProducer {
  /** Some batch may or may not be in the log: the sequence numbers of this producer are no longer known. */
  doubtful = false;
  readonly #context: KafkaContext;
  readonly #transactionalId: string | null;
  readonly #producer: ProducerId;
  readonly #sequences = new Map<string, number>();

  /** `null`: outside of transactions. */
  constructor(context: KafkaContext, transactionalId: string | null, producer: ProducerId) {
    this.#context = context;
    this.#transactionalId = transactionalId;
    this.#producer = producer;
  }

  /** Resolves when everything is acknowledged by all replicas in sync. After a failure parts may be in the log. */
  async send(outputs: readonly SealedBatch[]): Promise<void> {
    const lanes = await this.#lanes(outputs);
    try {
      await persist(persistence(this.#context), async () => {
        for (let left = lanes; left.length > 0; left = left.filter((lane) => !lane.done)) await this.#wave(left);
      });
    } finally {
      for (const lane of lanes) {
        this.#sequences.set(placeOf(lane), lane.nextSequence);
        if (lane.doubt) this.doubtful = true;
      }
    }
  }

  async #lanes(outputs: readonly SealedBatch[]): Promise<readonly ProduceLane[]> {
    const compressions = await this.#context.compression.of(outputs);
    const packed = await Promise.all(outputs.map((output) => batchesOf(output, compressions.get(output.topic))));
    const lanes = new Map<string, ProduceLane>();
    outputs.forEach((output, i) => {
      const place = placeOf(output);
      let lane = lanes.get(place);
      if (lane === undefined) lanes.set(place, (lane = new ProduceLane(output, this.#sequences.get(place) ?? 0)));
      for (const batch of packed[i]!) lane.add(batch);
    });
    return [...lanes.values()];
  }

  async #wave(lanes: readonly ProduceLane[]): Promise<void> {
    const { transport } = this.#context;
    for (const lane of lanes) lane.rewind();
    const leaders = await Promise.all(lanes.map(({ topic, partition }) => transport.leader(topic, partition)));
    const byNode = new Map<number, ProduceLane[]>();
    lanes.forEach((lane, i) => {
      const { leader } = leaders[i]!;
      const group = byNode.get(leader);
      if (group === undefined) byNode.set(leader, [lane]);
      else group.push(lane);
    });
    await Promise.all([...byNode].map(([node, group]) => this.#waveTo(node, group)));
    const failures = lanes.flatMap(({ failure }) => failure ?? []);
    const failure = failures.find(({ code }) => code !== 'LOG_UNAVAILABLE') ?? failures[0];
    if (failure !== undefined) throw failure;
  }

  // Requests are written one behind the other without waiting, so their order is the order of the batches.
  async #waveTo(node: number, lanes: readonly ProduceLane[]): Promise<void> {
    const byPlace = new Map(lanes.map((lane) => [placeOf(lane), lane]));
    const requests: Promise<void>[] = [];
    for (let round = 0; round < inFlight; round++) {
      const batches = lanes.flatMap((lane) => lane.take() ?? []);
      for (const chunk of chunksOf(batches)) requests.push(this.#request(node, chunk, byPlace));
    }
    await Promise.all(requests);
  }

  async #request(
    node: number,
    batches: readonly OutgoingBatch[],
    lanes: ReadonlyMap<string, ProduceLane>,
  ): Promise<void> {
    const { transport, settings } = this.#context;
    const { apiKey, version } = produceApi;
    const timeoutMs = settings.requestTimeoutMs; // how long the broker may wait for its replicas
    const [transactionalId, producer] = [this.#transactionalId, this.#producer];
    let answers: ReadonlyMap<string, ProducedPartition>;
    try {
      const body = encodeProduceRequest({ transactionalId, producer, timeoutMs, batches });
      const response = decodeProduceResponse(await transport.send(node, 'produce', apiKey, version, body));
      answers = new Map(response.map((answer) => [placeOf(answer), answer]));
    } catch (thrown) {
      const error = StreamError.from(thrown, 'LOG_UNAVAILABLE', { reaction: 'rollback' });
      for (const batch of batches) {
        transport.invalidate({ topic: batch.topic });
        lanes.get(placeOf(batch))!.fail(error, true);
      }
      return;
    }
    for (const batch of batches) this.#settle(lanes.get(placeOf(batch))!, batch, answers.get(placeOf(batch)), node);
  }

  #settle(lane: ProduceLane, batch: OutgoingBatch, answer: ProducedPartition | undefined, node: number): void {
    const { topic } = batch;
    const errorCode = answer?.errorCode ?? -1;
    if (errorCode === 0 || (errorCode === duplicateSequence && lane.doubt)) {
      lane.acknowledge(batch);
      return;
    }
    this.#context.transport.invalidate({ topic });
    const error = leaderFailure(errorCode, `writing to broker ${node}`, batch, answer?.message);
    lane.fail(error, maybeAppended.has(errorCode));
  }
}

function placeOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}/${partition}`;
}

// The single batches of an output, as they are sent.
async function batchesOf({ bytes }: SealedBatch, compression: Compression | undefined): Promise<readonly Buffer[]> {
  const batches: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + bytes.readInt32BE(at + 8) + batchPrefixBytes;
    batches.push(bytes.subarray(at, end));
    at = end;
  }
  return compression === undefined ? batches : await Promise.all(batches.map((batch) => packBatch(batch, compression)));
}

function* chunksOf(batches: readonly OutgoingBatch[]): Generator<readonly OutgoingBatch[]> {
  let chunk: OutgoingBatch[] = [];
  let size = 0;
  for (const batch of batches) {
    if (chunk.length > 0 && size + batch.bytes.length > mostRequestBytes) {
      yield chunk;
      chunk = [];
      size = 0;
    }
    chunk.push(batch);
    size += batch.bytes.length;
  }
  if (chunk.length > 0) yield chunk;
}
