/**
 * What is known of the cluster: nodes, leaders, coordinators. Asked for when missing or found to be wrong; all questions
 * for leaders that come up meanwhile share one request, and requests keep a pause between each other, so callers may
 * simply ask again.
 */
import { delay, type Clock } from '../../../core/clock.ts';
import { StreamError } from '../../../core/stream-error.ts';
import type { KafkaSettings } from '../kafka-options.ts';
import { brokerFailure } from '../protocol/errors.ts';
import {
  decodeFindCoordinatorResponse,
  encodeFindCoordinatorRequest,
  findCoordinatorApi,
} from '../protocol/find-coordinator.ts';
import { decodeMetadataResponse, encodeMetadataRequest, metadataApi } from '../protocol/metadata.ts';
import type { BrokerView, ClusterView, CoordinatorType, PartitionView, Stale, TopicView } from './kafka-transport.ts';

export interface Api {
  readonly apiKey: number;
  readonly version: number;
  readonly flexible?: boolean;
}

/** Sends a request to any broker that answers. */
export type AskAny = (api: Api, body: Buffer) => Promise<Buffer>;

/** A topic that was just created is not known to every broker at once. */
const unknownGraceMs = 1_000;
const unknownTopic = 3;

interface Refresh {
  /** The topics it asks for; undefined until it is sent. */
  asked: ReadonlySet<string> | undefined;
  done: Promise<void>;
}

export class ClusterCache {
  readonly #ask: AskAny;
  readonly #settings: KafkaSettings;
  readonly #clock: Clock;
  #brokers: ReadonlyMap<number, BrokerView> = new Map();
  #controller = -1;
  readonly #topics = new Map<string, { readonly view: TopicView; readonly at: number }>();
  /** Topics to ask for, and those of them that must be asked for before they are used again. */
  readonly #wanted = new Set<string>();
  readonly #stale = new Set<string>();
  #refreshing: Refresh | undefined;
  #refreshedAt = -Infinity;
  readonly #coordinators = new Map<string, Promise<number>>();

  constructor(ask: AskAny, settings: KafkaSettings, clock: Clock) {
    this.#ask = ask;
    this.#settings = settings;
    this.#clock = clock;
  }

  get brokers(): ReadonlyMap<number, BrokerView> {
    return this.#brokers;
  }

  /** Where the node listens. */
  broker(node: number): BrokerView {
    const broker = this.#brokers.get(node);
    if (broker !== undefined) return broker;
    throw unavailable(`broker ${node} is not part of the cluster at present`);
  }

  refreshBrokers(): Promise<void> {
    return this.#refresh();
  }

  async controller(): Promise<number> {
    if (!this.#brokers.has(this.#controller)) await this.#refresh();
    if (this.#brokers.has(this.#controller)) return this.#controller;
    throw unavailable('the cluster has no controller at present');
  }

  async leader(topic: string, partition: number): Promise<PartitionView> {
    const until = this.#clock.monotonic() + unknownGraceMs;
    for (;;) {
      const view = await this.#topic(topic);
      const found = view?.partitions[partition];
      if (found !== undefined && found.leader >= 0 && this.#brokers.has(found.leader)) return found;
      this.#stale.add(topic);
      if (found !== undefined)
        throw unavailable('an election is going on: the partition has no leader', topic, partition);
      if (this.#clock.monotonic() >= until) {
        const missing = view === undefined ? `there is no topic '${topic}'` : `there is no ${topic}-${partition}`;
        const remedy = 'Create it first, or check its name.';
        throw new StreamError('TOPIC_UNKNOWN', missing, { topic, partition, remedy });
      }
    }
  }

  /** Undefined: there is no such topic. */
  async #topic(topic: string): Promise<TopicView | undefined> {
    let known = this.#topics.get(topic);
    if (known === undefined || this.#stale.has(topic)) {
      this.#wanted.add(topic);
      await this.#refresh(topic);
      known = this.#topics.get(topic);
    } else if (this.#clock.monotonic() - known.at > this.#settings.metadataMaxAgeMs) {
      // What is known goes on to be used; whoever finds it wrong asks again and meets the failure.
      this.#refresh(topic).catch(() => undefined);
    }
    if (known === undefined) return undefined;
    const { error } = known.view;
    if (error === 0 || known.view.partitions.length > 0) return known.view;
    throw brokerFailure(error, 'the question for its leaders', { topic });
  }

  // Shares the request that is under way where it covers the topic.
  async #refresh(topic?: string): Promise<void> {
    while (this.#refreshing !== undefined) {
      const { asked, done } = this.#refreshing;
      if (asked === undefined || topic === undefined || asked.has(topic)) return done;
      await done.catch(() => undefined); // told to those who share it
    }
    const refresh: Refresh = { asked: undefined, done: Promise.resolve() };
    this.#refreshing = refresh;
    refresh.done = this.#fetchMetadata(refresh).finally(() => (this.#refreshing = undefined));
    return refresh.done;
  }

  async #fetchMetadata(refresh: Refresh): Promise<void> {
    const pauseMs = this.#refreshedAt + this.#settings.retryBackoffMs - this.#clock.monotonic();
    if (pauseMs > 0) await delay(this.#clock, pauseMs);
    const asked = new Set(this.#wanted);
    refresh.asked = asked;
    const stale = [...this.#stale];
    this.#stale.clear(); // what is found to be wrong from here on needs another request
    try {
      const body = await this.#ask(metadataApi, encodeMetadataRequest([...asked]));
      this.learn(decodeMetadataResponse(body));
    } catch (error) {
      for (const topic of stale) this.#stale.add(topic);
      throw error;
    } finally {
      this.#refreshedAt = this.#clock.monotonic();
    }
  }

  /** Takes over what a broker said. */
  learn(view: ClusterView): void {
    this.#brokers = new Map(view.brokers.map((broker) => [broker.node, broker]));
    this.#controller = view.controller;
    const at = this.#clock.monotonic();
    for (const topic of view.topics) {
      if (topic.error === unknownTopic) {
        this.#topics.delete(topic.name);
        this.#wanted.delete(topic.name);
      } else if (this.#wanted.has(topic.name)) {
        this.#topics.set(topic.name, { view: topic, at });
      }
    }
  }

  coordinator(type: CoordinatorType, key: string): Promise<number> {
    const name = `${type}/${key}`;
    let found = this.#coordinators.get(name);
    if (found === undefined) {
      found = this.#findCoordinator(type, key);
      this.#coordinators.set(name, found);
      found.catch(() => this.#coordinators.delete(name));
    }
    return found;
  }

  async #findCoordinator(type: CoordinatorType, key: string): Promise<number> {
    const body = await this.#ask(findCoordinatorApi, encodeFindCoordinatorRequest(type, key));
    const { errorCode, errorMessage, node } = decodeFindCoordinatorResponse(body);
    if (errorCode !== 0) {
      throw brokerFailure(errorCode, `the question for the coordinator of ${type} '${key}'`, {}, errorMessage);
    }
    return node;
  }

  invalidate({ topic, coordinator, controller }: Stale): void {
    if (topic !== undefined) this.#stale.add(topic);
    if (coordinator !== undefined) this.#coordinators.delete(`${coordinator.type}/${coordinator.key}`);
    if (controller === true) this.#controller = -1;
  }

  /** The node does not answer: what it led is asked for again, and what it coordinated. */
  nodeFailed(node: number): void {
    for (const [name, { view }] of this.#topics) {
      if (view.partitions.some(({ leader }) => leader === node)) this.#stale.add(name);
    }
    for (const [name, found] of this.#coordinators) {
      const forget = (at: number): void => {
        if (at === node && this.#coordinators.get(name) === found) this.#coordinators.delete(name);
      };
      found.then(forget, () => undefined); // a failure has removed itself
    }
    if (this.#controller === node) this.#controller = -1;
  }
}

function unavailable(reason: string, topic?: string, partition?: number): StreamError {
  return new StreamError('LOG_UNAVAILABLE', reason, {
    topic,
    partition,
    reaction: 'rollback',
    remedy: 'Start the brokers that are missing.',
  });
}
