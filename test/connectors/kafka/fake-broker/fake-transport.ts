import { brokerFailure } from '../../../../src/connectors/kafka/protocol/errors.ts';
import type {
  ClusterView,
  KafkaTransport,
  PartitionView,
  SendOptions,
  Slot,
  Stale,
} from '../../../../src/connectors/kafka/transport/kafka-transport.ts';
import { StreamError } from '../../../../src/core/stream-error.ts';
import type { FakeCluster } from './fake-cluster.ts';

/** A client's connections to a fake cluster: each is served in order, and what is known of leaders may be old. */
export class FakeTransport implements KafkaTransport {
  readonly #cluster: FakeCluster;
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #leaders = new Map<string, PartitionView>();
  readonly #waiting = new Set<{ readonly slot: Slot; readonly reject: (error: Error) => void }>();
  #closed: StreamError | undefined;

  constructor(cluster: FakeCluster) {
    this.#cluster = cluster;
  }

  async send(
    node: number,
    slot: Slot,
    apiKey: number,
    _version: number,
    body: Buffer | readonly Buffer[],
    { signal, memory }: SendOptions = {},
  ): Promise<Buffer> {
    await this.#cluster.clock.yield();
    if (this.#closed !== undefined) throw this.#closed;
    signal?.throwIfAborted();
    const lane = `${slot}/${node}`;
    const turn = (this.#turns.get(lane) ?? Promise.resolve()).then(async () => {
      if (this.#cluster.down.has(node)) throw unavailable(`broker ${node} is down`);
      const answer = await this.#cluster.answer(node, apiKey, Buffer.concat(Buffer.isBuffer(body) ? [body] : body));
      const target = memory?.(answer.length) ?? answer;
      answer.copy(target);
      return target;
    });
    this.#turns.set(
      lane,
      turn.catch(() => undefined),
    );
    return new Promise((resolve, reject) => {
      const waiting = { slot, reject };
      this.#waiting.add(waiting);
      const abort = (): void => {
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', abort, { once: true });
      turn.then(resolve, reject).finally(() => {
        this.#waiting.delete(waiting);
        signal?.removeEventListener('abort', abort);
      });
    });
  }

  async leader(topic: string, partition: number): Promise<PartitionView> {
    const key = `${topic}/${partition}`;
    let view = this.#leaders.get(key);
    if (view === undefined) {
      await this.#cluster.clock.yield();
      if (this.#closed !== undefined) throw this.#closed;
      view = this.#cluster.view([topic]).topics[0]!.partitions[partition];
      if (view === undefined) throw brokerFailure(3, 'the question for its leader', { topic, partition });
      if (view.leader < 0) throw unavailable('there is no leader');
      this.#leaders.set(key, view);
    }
    return view;
  }

  async coordinator(): Promise<number> {
    return this.controller();
  }

  async controller(): Promise<number> {
    await this.#cluster.clock.yield();
    if (this.#closed !== undefined) throw this.#closed;
    if (this.#cluster.controller < 0) throw unavailable('no broker is up');
    return this.#cluster.controller;
  }

  invalidate({ topic }: Stale): void {
    for (const key of this.#leaders.keys())
      if (topic !== undefined && key.startsWith(`${topic}/`)) this.#leaders.delete(key);
  }

  async metadata(topics?: readonly string[]): Promise<ClusterView> {
    await this.controller();
    return this.#cluster.view(topics);
  }

  release(slot: Slot): void {
    for (const waiting of this.#waiting) {
      if (waiting.slot === slot) waiting.reject(new StreamError('LOG_CLOSED', 'the connection was closed'));
    }
  }

  close(): Promise<void> {
    this.#closed = new StreamError('LOG_CLOSED', 'the connection to Kafka was closed');
    for (const { reject } of this.#waiting) reject(this.#closed);
    return Promise.resolve();
  }
}

function unavailable(reason: string): StreamError {
  return new StreamError('LOG_UNAVAILABLE', reason, { reaction: 'rollback' });
}
