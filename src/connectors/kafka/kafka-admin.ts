import type {
  PartitionBounds,
  PartitionOffset,
  TopicAdmin,
  TopicDescription,
  TopicPartition,
  TopicSpec,
} from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { committedOffsets } from './committed-offsets.ts';
import { createTopics } from './create-topics.ts';
import { persistence, type KafkaContext } from './kafka-context.ts';
import { askLeaders } from './leader-requests.ts';
import { persist } from './persist.ts';
import {
  decodeDeleteRecordsResponse,
  deleteRecordsApi,
  encodeDeleteRecordsRequest,
} from './protocol/delete-records.ts';
import { brokerError, brokerFailure } from './protocol/errors.ts';
import {
  decodeListOffsetsResponse,
  earliest,
  encodeListOffsetsRequest,
  latest,
  listOffsetsApi,
} from './protocol/list-offsets.ts';
import { topicConfigs } from './topic-configs.ts';
import { describedConfigs, descriptionOf } from './topic-settings.ts';
import type { TopicView } from './transport/kafka-transport.ts';

/** Topics, offsets and committed positions of a Kafka cluster. */
export class KafkaAdmin implements TopicAdmin {
  readonly #context: KafkaContext;

  constructor(context: KafkaContext) {
    this.#context = context;
  }

  async list(): Promise<readonly TopicDescription[]> {
    const views = await this.#views();
    return await this.#described(views.filter(({ error }) => error === 0));
  }

  async describe(names: readonly string[]): Promise<readonly (TopicDescription | undefined)[]> {
    if (names.length === 0) return [];
    const views = await this.#views([...new Set(names)]);
    const found = await this.#described(views);
    const byName = new Map(found.map((topic) => [topic.name, topic]));
    return names.map((name) => byName.get(name));
  }

  async create(specs: readonly TopicSpec[]): Promise<void> {
    const missing = await this.#missing(specs);
    if (missing.length === 0) return;
    await createTopics(this.#context, missing);
    // Another worker may have been first, with other partitions.
    await this.#missing(missing);
  }

  async deleteRecords(before: readonly PartitionOffset[]): Promise<void> {
    if (before.length === 0) return;
    const { requestTimeoutMs } = this.#context.settings;
    await askLeaders(this.#context, before, {
      what: 'deletion of records',
      api: deleteRecordsApi,
      encode: (places) => encodeDeleteRecordsRequest(places, requestTimeoutMs),
      decode: decodeDeleteRecordsResponse,
    });
  }

  async bounds(partitions: readonly TopicPartition[]): Promise<readonly PartitionBounds[]> {
    if (partitions.length === 0) return [];
    // In this order on each connection: what is stable is never beyond the end.
    const [starts, stables, ends] = await Promise.all([
      this.#offsets(partitions, earliest, 'uncommitted'),
      this.#offsets(partitions, latest, 'committed'),
      this.#offsets(partitions, latest, 'uncommitted'),
    ]);
    return partitions.map(({ topic, partition }, i) => ({
      topic,
      partition,
      start: starts[i]!,
      end: ends[i]!,
      stable: stables[i]!,
    }));
  }

  async offsetsAt(partitions: readonly TopicPartition[], timestamp: number): Promise<readonly PartitionOffset[]> {
    if (partitions.length === 0) return [];
    const [found, ends] = await Promise.all([
      this.#offsets(partitions, timestamp, 'uncommitted'),
      this.#offsets(partitions, latest, 'uncommitted'),
    ]);
    return partitions.map(({ topic, partition }, i) => ({
      topic,
      partition,
      offset: found[i]! < 0 ? ends[i]! : found[i]!,
    }));
  }

  committed(group: string, partitions: readonly TopicPartition[]): Promise<readonly (number | undefined)[]> {
    return committedOffsets(this.#context, group, partitions, { stable: false });
  }

  async #offsets(
    partitions: readonly TopicPartition[],
    timestamp: number,
    isolation: 'committed' | 'uncommitted',
  ): Promise<readonly number[]> {
    const answers = await askLeaders(this.#context, partitions, {
      what: 'look-up of offsets',
      api: listOffsetsApi,
      encode: (places) => encodeListOffsetsRequest(places, timestamp, isolation),
      decode: decodeListOffsetsResponse,
    });
    return answers.map(({ offset }) => offset);
  }

  async #views(names?: readonly string[]): Promise<readonly TopicView[]> {
    const { topics } = await persist(persistence(this.#context), () => this.#context.transport.metadata(names));
    return topics;
  }

  async #described(views: readonly TopicView[]): Promise<readonly TopicDescription[]> {
    const existing = views.filter(({ error }) => error === 0 || brokerError(error).code !== 'TOPIC_UNKNOWN');
    for (const { name, error } of existing) {
      if (error !== 0) throw brokerFailure(error, 'describing the topic', { topic: name });
    }
    const names = existing.map(({ name }) => name);
    const configs = await topicConfigs(this.#context, names, describedConfigs);
    return existing.map((view) => descriptionOf(view, configs.get(view.name)));
  }

  // Those that do not exist; fails when one exists that is not as asked for.
  async #missing(specs: readonly TopicSpec[]): Promise<readonly TopicSpec[]> {
    if (specs.length === 0) return [];
    const existing = new Map((await this.#views(specs.map(({ name }) => name))).map((view) => [view.name, view]));
    return specs.filter(({ name, partitions }) => {
      const view = existing.get(name);
      if (view === undefined || (view.error !== 0 && brokerError(view.error).code === 'TOPIC_UNKNOWN')) return true;
      if (view.error !== 0) throw brokerFailure(view.error, 'describing the topic', { topic: name });
      const known = view.partitions.length;
      if (known === partitions) return false;
      throw new StreamError('TOPIC_MISMATCH', `the topic has ${known} partitions, not ${partitions}`, {
        topic: name,
        remedy: `Ask for ${known} partitions, or use another topic.`,
      });
    });
  }
}
