import { kafkaSettings } from '../../../src/connectors/kafka/kafka-options.ts';
import type { KafkaContext } from '../../../src/connectors/kafka/kafka-context.ts';
import { TopicCompression } from '../../../src/connectors/kafka/topic-compression.ts';
import { RequestWriter } from '../../../src/connectors/kafka/protocol/request-writer.ts';
import { StreamError } from '../../../src/core/stream-error.ts';
import { ManualClock } from '../../../src/testing/manual-clock.ts';
import type {
  ClusterView,
  CoordinatorType,
  KafkaTransport,
  PartitionView,
  RequestBody,
  SendOptions,
  Slot,
  Stale,
} from '../../../src/connectors/kafka/transport/kafka-transport.ts';

export interface SentRequest {
  readonly node: number;
  readonly slot: Slot;
  readonly apiKey: number;
  readonly body: Buffer;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
}

export type Answer = (request: SentRequest) => Buffer | Promise<Buffer>;

/** A transport whose answers a test writes, request by request or one for all. */
export class ScriptedTransport implements KafkaTransport {
  readonly sent: SentRequest[] = [];
  readonly invalidated: Stale[] = [];
  /** By api key: answers to the next requests, the last one stays. */
  readonly #answers = new Map<number, Answer[]>();
  /** Leader of every partition. */
  leaders: (topic: string, partition: number) => number = () => 1;
  coordinatorNode = 1;

  answer(apiKey: number, ...answers: readonly Answer[]): void {
    this.#answers.set(apiKey, [...answers]);
  }

  /** Names of the requests sent, in order. */
  get log(): readonly number[] {
    return this.sent.map(({ apiKey }) => apiKey);
  }

  async send(
    node: number,
    slot: Slot,
    apiKey: number,
    _version: number,
    body: RequestBody,
    options: SendOptions = {},
  ): Promise<Buffer> {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.concat(body);
    const request = { node, slot, apiKey, body: bytes, signal: options.signal, timeoutMs: options.timeoutMs };
    this.sent.push(request);
    const answers = this.#answers.get(apiKey);
    if (answers === undefined) throw new StreamError('SIMULATION_FAILED', `no answer for request ${apiKey}`);
    const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
    return await answer(request);
  }

  leader(topic: string, partition: number): Promise<PartitionView> {
    const leader = this.leaders(topic, partition);
    if (leader >= 0) return Promise.resolve({ partition, leader, leaderEpoch: 0, replicas: [leader] });
    return Promise.reject(new StreamError('TOPIC_UNKNOWN', `no ${topic}`, { topic, partition }));
  }

  coordinator(_type: CoordinatorType, _key: string): Promise<number> {
    return Promise.resolve(this.coordinatorNode);
  }

  controller(): Promise<number> {
    return Promise.resolve(1);
  }

  invalidate(what: Stale): void {
    this.invalidated.push(what);
  }

  metadata(topics: readonly string[] = []): Promise<ClusterView> {
    const partitions = [0, 1].map((partition) => ({ partition, leader: 1, leaderEpoch: 0, replicas: [1] }));
    const view = (name: string) => ({ name, id: name, internal: false, error: 0, partitions });
    return Promise.resolve({
      controller: 1,
      brokers: [{ node: 1, host: 'here', port: 1, rack: null }],
      topics: topics.map(view),
    });
  }

  release(): void {
    // nothing is held
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Connection lost: nobody knows whether the request was carried out. */
export const lost: Answer = () => {
  throw new StreamError('LOG_UNAVAILABLE', 'the connection was lost', { reaction: 'rollback' });
};

/** An answer that is no more than a throttle time and an error code. */
export function code(errorCode: number): Answer {
  return () => new RequestWriter().int32(0).int16(errorCode).finish();
}

export function scripted(): { transport: ScriptedTransport; clock: ManualClock; context: KafkaContext } {
  const transport = new ScriptedTransport();
  const clock = new ManualClock();
  const settings = kafkaSettings({ brokers: 'here:1' });
  const compression = new TopicCompression({
    clock,
    fallback: undefined,
    maxAgeMs: 1,
    lookUp: () => Promise.resolve(new Map<string, string>()),
  });
  return { transport, clock, context: { transport, clock, settings, compression, random: () => 0.5 } };
}

/** Lets time pass until the promise has settled. */
export async function inTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const state = { settled: false };
  const done = (): void => {
    state.settled = true;
  };
  promise.then(done, done);
  for (let turn = 0; turn < 1_000 && !state.settled; turn++) await clock.advance(clock.nextDelay ?? 0);
  if (!state.settled) throw new StreamError('SIMULATION_FAILED', 'it never ends');
  return promise;
}
