/**
 * The seam between the wire and what it means. Below: connections, TLS, SASL, who leads what. Above: requests, retries,
 * transactions, groups. A fake broker implements it for tests.
 *
 * A broker serves a connection's requests one after another, so whatever must not wait for something else has a slot,
 * which is a connection per broker, of its own: heartbeats behind a join and fetches behind a long poll would starve.
 */
export type Slot = 'control' | 'produce' | `group-${number}` | `fetch-${number}` | `poll-${number}`;

export type CoordinatorType = 'group' | 'transaction';

export interface SendOptions {
  /** How long to wait for the answer. Default: `requestTimeoutMs` of the options. */
  readonly timeoutMs?: number;
  /** Gives up waiting. The request may have been, or may still be, carried out. */
  readonly signal?: AbortSignal;
  /** The version is a flexible one: its headers end with tagged fields. */
  readonly flexible?: boolean;
  /** Gives memory for an answer of that size. Default: fresh memory. */
  readonly memory?: ((size: number) => Buffer) | undefined;
}

/** In one piece or in several, which are not copied: they must stay as they are until the request is answered. */
export type RequestBody = Buffer | readonly Buffer[];

export interface KafkaTransport {
  /**
   * Sends a request and resolves with the answer's body, which belongs to the caller. Not retried here. Fails with
   * LOG_UNAVAILABLE (naming the broker; whether the request was carried out is unknown), AUTHENTICATION_FAILED,
   * UNSUPPORTED (the broker does not know this version), LOG_CLOSED, or the signal's reason.
   */
  send(
    node: number,
    slot: Slot,
    apiKey: number,
    version: number,
    body: RequestBody,
    options?: SendOptions,
  ): Promise<Buffer>;
  /** The partition's leader, cached. Fails with LOG_UNAVAILABLE while there is none, TOPIC_UNKNOWN, NOT_AUTHORIZED. */
  leader(topic: string, partition: number): Promise<PartitionView>;
  /** The node that coordinates a group or transactional id, cached. Fails with LOG_UNAVAILABLE, NOT_AUTHORIZED. */
  coordinator(type: CoordinatorType, key: string): Promise<number>;
  /** The node to send cluster-wide requests to, cached. */
  controller(): Promise<number>;
  /** Forgets what turned out to be wrong; the next question asks the cluster. */
  invalidate(what: Stale): void;
  /** What the cluster says now, not cached. Topics that do not exist carry an error. Without topics: all of them. */
  metadata(topics?: readonly string[]): Promise<ClusterView>;
  /** Closes the slot's connections. */
  release(slot: Slot): void;
  close(): Promise<void>;
}

export interface Stale {
  /** Its leaders. */
  readonly topic?: string;
  readonly coordinator?: { readonly type: CoordinatorType; readonly key: string };
  readonly controller?: boolean;
}

export interface ClusterView {
  readonly controller: number;
  readonly brokers: readonly BrokerView[];
  readonly topics: readonly TopicView[];
}

export interface BrokerView {
  readonly node: number;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
}

export interface TopicView {
  readonly name: string;
  /** Uuid of this incarnation of the topic. */
  readonly id: string;
  readonly internal: boolean;
  /** Kafka's error code, 0: none. */
  readonly error: number;
  /** By number: partition 0 first. */
  readonly partitions: readonly PartitionView[];
}

export interface PartitionView {
  readonly partition: number;
  /** -1: there is none at present. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
}
