/**
 * The transport to a real cluster: a connection per node and slot, made when it is first needed by one attempt that all
 * callers share. After a failed attempt the next one waits, longer each time.
 */
import { delay, type Clock, type Random, type Timer } from '../../../core/clock.ts';
import { messageOf, StreamError } from '../../../core/stream-error.ts';
import { unlessAborted } from '../../../core/unless-aborted.ts';
import type { BrokerAddress, KafkaSettings } from '../kafka-options.ts';
import { decodeMetadataResponse, encodeMetadataRequest, metadataApi } from '../protocol/metadata.ts';
import { BrokerConnection } from './broker-connection.ts';
import { isRebuff, rebuffed } from './connection-failure.ts';
import { ClusterCache, type Api } from './cluster-cache.ts';
import type {
  ClusterView,
  CoordinatorType,
  KafkaTransport,
  PartitionView,
  RequestBody,
  SendOptions,
  Slot,
  Stale,
} from './kafka-transport.ts';

export interface TransportEnvironment {
  readonly clock: Clock;
  readonly random: Random;
}

/** Whoever starts a job wants to know soon that the cluster is not there. */
const startTimeoutMs = 6_000;

/** The time is counted in steps: a process that stood still has waited for one step at most. */
const startStepMs = 500;

/** In a row; after so many no broker is in the middle of stopping. */
const certainRebuffs = 5;

interface Held {
  readonly slot: Slot;
  readonly opening: Promise<BrokerConnection>;
  connection?: BrokerConnection;
}

/** Connects to the cluster. Fails within ten seconds: LOG_UNAVAILABLE, AUTHENTICATION_FAILED, UNSUPPORTED. */
export async function openKafkajsTransport(
  settings: KafkaSettings,
  env: TransportEnvironment,
): Promise<KafkaTransport> {
  const transport = new KafkajsTransport(settings, env);
  try {
    await transport.start();
    return transport;
  } catch (error) {
    await transport.close();
    throw error;
  }
}

class KafkajsTransport implements KafkaTransport {
  readonly #settings: KafkaSettings;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #cache: ClusterCache;
  readonly #held = new Map<string, Held>();
  readonly #retired = new Set<BrokerConnection>();
  readonly #failed = new Map<number, { readonly count: number; readonly until: number }>();
  readonly #closing = new AbortController();

  constructor(settings: KafkaSettings, { clock, random }: TransportEnvironment) {
    this.#settings = settings;
    this.#clock = clock;
    this.#random = random;
    this.#cache = new ClusterCache((api, body) => this.#askAny(api, body), settings, clock);
  }

  async start(): Promise<void> {
    const abort = new AbortController();
    let last: unknown;
    let leftMs = startTimeoutMs;
    const wait = (): Timer =>
      this.#clock.schedule(startStepMs, () => {
        leftMs -= startStepMs;
        if (leftMs > 0) timer = wait();
        else abort.abort(last ?? noAnswer(this.#settings));
      });
    let timer = wait();
    try {
      const reached = this.#persist((error) => (last = error), abort.signal);
      await unlessAborted(abort.signal, reached);
    } catch (error) {
      throw StreamError.from(error, 'LOG_UNAVAILABLE').reacting('fail-job');
    } finally {
      timer.cancel();
    }
  }

  async #persist(onFailure: (error: unknown) => void, signal: AbortSignal): Promise<void> {
    const { retryBackoffMs, retryBackoffMaxMs } = this.#settings;
    let rebuffs = 0;
    for (let pauseMs = retryBackoffMs; ; pauseMs = Math.min(retryBackoffMaxMs, pauseMs * 2)) {
      try {
        await this.metadata([]);
        await this.#reachOne();
        return;
      } catch (error) {
        if (!StreamError.is(error) || error.code !== 'LOG_UNAVAILABLE') throw error;
        rebuffs = isRebuff(error) ? rebuffs + 1 : 0;
        if (rebuffs === certainRebuffs) throw rebuffed(error, this.#settings);
        onFailure(error);
      }
      await delay(this.#clock, pauseMs, signal);
    }
  }

  // Brokers are known by the addresses they advertise, which may be others than those in the options.
  async #reachOne(): Promise<void> {
    const nodes = [...this.#cache.brokers.keys()];
    try {
      await Promise.any(nodes.map((node) => this.#connection(node, 'control')));
    } catch (error) {
      const advertised = [...this.#cache.brokers.values()].map(({ host, port }) => `${host}:${port}`).join(', ');
      const reason = `the brokers advertise ${advertised}, where none answers`;
      const remedy = 'Set advertised.listeners of the brokers to addresses that can be reached from here.';
      throw worst(error, new StreamError('LOG_UNAVAILABLE', reason, { reaction: 'rollback', remedy }));
    }
  }

  async send(
    node: number,
    slot: Slot,
    apiKey: number,
    version: number,
    body: RequestBody,
    options: SendOptions = {},
  ): Promise<Buffer> {
    if (!this.#cache.brokers.has(node)) await this.#cache.refreshBrokers();
    return this.#send(node, slot, { apiKey, version }, body, options);
  }

  async #send(
    node: number,
    slot: Slot,
    { apiKey, version }: Api,
    body: RequestBody,
    options: SendOptions,
  ): Promise<Buffer> {
    const connecting = this.#connection(node, slot);
    const connection = await (options.signal === undefined ? connecting : unlessAborted(options.signal, connecting));
    try {
      return await connection.send(apiKey, version, body, options);
    } catch (error) {
      if (StreamError.is(error) && error.code === 'LOG_UNAVAILABLE') this.#cache.nodeFailed(node);
      throw error;
    }
  }

  leader(topic: string, partition: number): Promise<PartitionView> {
    return this.#cache.leader(topic, partition);
  }

  coordinator(type: CoordinatorType, key: string): Promise<number> {
    return this.#cache.coordinator(type, key);
  }

  controller(): Promise<number> {
    return this.#cache.controller();
  }

  invalidate(what: Stale): void {
    this.#cache.invalidate(what);
  }

  async metadata(topics?: readonly string[]): Promise<ClusterView> {
    const view = decodeMetadataResponse(await this.#askAny(metadataApi, encodeMetadataRequest(topics)));
    this.#cache.learn(view);
    return view;
  }

  release(slot: Slot): void {
    for (const [key, held] of this.#held) {
      if (held.slot === slot) this.#drop(key, held, new StreamError('LOG_CLOSED', 'the reader was closed'));
    }
  }

  close(): Promise<void> {
    const reason = new StreamError('LOG_CLOSED', 'the connection to Kafka was closed');
    this.#closing.abort(reason);
    for (const [key, held] of this.#held) this.#drop(key, held, reason);
    for (const connection of this.#retired) connection.close(reason);
    return Promise.resolve();
  }

  #drop(key: string, held: Held, reason: StreamError): void {
    this.#held.delete(key);
    held.opening.then(
      (connection) => {
        connection.close(reason);
      },
      () => undefined, // told to those who wait for it
    );
  }

  #connection(node: number, slot: Slot): Promise<BrokerConnection> {
    if (this.#closing.signal.aborted) return Promise.reject(this.#closing.signal.reason as Error);
    const key = `${slot}/${node}`;
    const known = this.#held.get(key);
    if (known !== undefined && known.connection?.usable !== false) return known.opening;
    if (known?.connection !== undefined) {
      known.connection.retire();
      this.#retired.add(known.connection);
    }
    const held: Held = { slot, opening: this.#open(node) };
    this.#held.set(key, held);
    held.opening.then(
      (connection) => {
        held.connection = connection;
      },
      () => {
        if (this.#held.get(key) === held) this.#held.delete(key);
      },
    );
    return held.opening;
  }

  async #open(node: number): Promise<BrokerConnection> {
    const signal = this.#closing.signal;
    const pauseMs = (this.#failed.get(node)?.until ?? 0) - this.#clock.monotonic();
    if (pauseMs > 0) await delay(this.#clock, pauseMs, signal);
    for (const connection of this.#retired) if (connection.closed) this.#retired.delete(connection);
    try {
      const opened = await BrokerConnection.open(this.#cache.broker(node), this.#settings, this.#clock, signal);
      this.#failed.delete(node);
      return opened;
    } catch (error) {
      this.#cache.nodeFailed(node);
      const count = (this.#failed.get(node)?.count ?? 0) + 1;
      const { retryBackoffMs, retryBackoffMaxMs } = this.#settings;
      const waitMs = Math.min(retryBackoffMaxMs, retryBackoffMs * 2 ** (count - 1)) * (0.9 + 0.2 * this.#random());
      this.#failed.set(node, { count, until: this.#clock.monotonic() + waitMs });
      throw error;
    }
  }

  // Nodes that are connected already, then the others, then the addresses in the options, which may be all that is left
  // when every node has moved.
  async #askAny(api: Api, body: Buffer): Promise<Buffer> {
    const reasons: unknown[] = [];
    for (const node of this.#nodes()) {
      try {
        return await this.#send(node, 'control', api, body, this.#askOptions(api));
      } catch (error) {
        reasons.push(error);
        if (!StreamError.is(error) || error.code !== 'LOG_UNAVAILABLE') throw error;
      }
    }
    const { brokers } = this.#settings;
    try {
      return await Promise.any(brokers.map((address) => this.#askAt(address, api, body)));
    } catch (error) {
      throw worst(error, noAnswer(this.#settings));
    }
  }

  #nodes(): readonly number[] {
    const connected = (node: number): boolean => this.#held.get(`control/${node}`)?.connection?.usable === true;
    const nodes = [...this.#cache.brokers.keys()].map((node) => ({
      node,
      rank: connected(node) ? -1 : this.#random(),
    }));
    return nodes.sort((a, b) => a.rank - b.rank).map(({ node }) => node);
  }

  async #askAt(address: BrokerAddress, api: Api, body: Buffer): Promise<Buffer> {
    const connection = await BrokerConnection.open(address, this.#settings, this.#clock, this.#closing.signal);
    try {
      return await connection.send(api.apiKey, api.version, body, this.#askOptions(api));
    } finally {
      connection.close(new StreamError('LOG_CLOSED', 'this connection was for one question'));
    }
  }

  #askOptions({ flexible = false }: Api): SendOptions {
    const { connectionTimeoutMs, requestTimeoutMs } = this.#settings;
    return { flexible, timeoutMs: Math.min(connectionTimeoutMs, requestTimeoutMs), signal: this.#closing.signal };
  }
}

function noAnswer({ brokers }: KafkaSettings): StreamError {
  const names = brokers.map(({ host, port }) => `${host}:${port}`).join(', ');
  return new StreamError('LOG_UNAVAILABLE', `none of the brokers answers (${names})`, {
    reaction: 'rollback',
    remedy: 'Check that the brokers run and that `brokers` has their addresses.',
  });
}

// One error for several that failed: what will not pass by itself is what the user must know.
function worst(error: unknown, summary: StreamError): StreamError {
  const causes = error instanceof AggregateError ? (error.errors as unknown[]) : [error];
  const lasting = causes.find((cause) => StreamError.is(cause) && cause.code !== 'LOG_UNAVAILABLE');
  if (lasting !== undefined) return lasting as StreamError;
  const [cause] = causes;
  const reasons = new Set(causes.map((each) => (StreamError.is(each) ? each.reason : messageOf(each))));
  const own = reasons.size === 1 && StreamError.is(cause) ? cause.remedy : undefined;
  return new StreamError('LOG_UNAVAILABLE', `${summary.reason}: ${[...reasons].join('; ')}`, {
    cause,
    reaction: summary.reaction,
    remedy: own ?? summary.remedy ?? '',
  });
}
