/**
 * A Kafka cluster behind the port of core/log.ts.
 *
 *   KafkaLog --- topics: KafkaAdmin        control    |
 *            --- reader: KafkaReader       fetch-n    |  slots of one transport: a connection
 *            --- join: KafkaMember         group-n    |  per broker and slot
 *            --- transactor                produce    |
 */
import type { Clock, Random } from '../../core/clock.ts';
import type { ClusterTools, GroupMember, GroupSpec, Log, TopicAdmin, Transactor } from '../../core/log.ts';
import { StreamError } from '../../core/stream-error.ts';
import { AtLeastOnceTransactor } from './at-least-once-transactor.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { KafkaCluster } from './kafka-cluster.ts';
import type { KafkaContext } from './kafka-context.ts';
import { KafkaMember } from './kafka-member.ts';
import { KafkaReader } from './kafka-reader.ts';
import { kafkaSettings, type KafkaOptions } from './kafka-options.ts';
import { KafkaTransactor } from './kafka-transactor.ts';
import { TopicCompression } from './topic-compression.ts';
import { topicConfigs } from './topic-configs.ts';
import { openKafkajsTransport } from './transport/kafkajs-transport.ts';

export interface KafkaEnvironment {
  readonly clock: Clock;
  readonly random: Random;
}

/** Connects to a cluster. Fails within ten seconds: CONFIG_INVALID, LOG_UNAVAILABLE, AUTHENTICATION_FAILED. */
export async function openKafkaLog(options: KafkaOptions, environment: KafkaEnvironment): Promise<Log> {
  const settings = kafkaSettings(options);
  const transport = await openKafkajsTransport(settings, environment);
  return new KafkaLog({ transport, settings, ...environment });
}

/** A log on a transport, which it closes. */
export class KafkaLog implements Log {
  readonly kind = 'kafka';
  readonly storesRows = false;
  readonly writesChecksums = true;
  readonly timesRecords = true;
  readonly shared = true;
  readonly topics: TopicAdmin;
  readonly cluster: ClusterTools;
  readonly #context: KafkaContext;
  readonly #members = new Set<KafkaMember>();
  #joined = 0;
  #readers = 0;
  #closed: Promise<void> | undefined;

  constructor(base: Omit<KafkaContext, 'compression'>) {
    const { clock, settings } = base;
    const compression = new TopicCompression({
      clock,
      fallback: settings.compression,
      maxAgeMs: settings.metadataMaxAgeMs,
      lookUp: async (topics) => {
        const found = await topicConfigs(this.#context, topics, ['compression.type']);
        return new Map([...found].map(([topic, configs]) => [topic, configs.get('compression.type') ?? '']));
      },
    });
    this.#context = { ...base, compression };
    this.topics = new KafkaAdmin(this.#context);
    this.cluster = new KafkaCluster(this.#context);
  }

  reader(): KafkaReader {
    this.#checkOpen();
    return new KafkaReader(this.#context, ++this.#readers);
  }

  join(spec: GroupSpec): Promise<GroupMember> {
    this.#checkOpen();
    const member = new KafkaMember(this.#context, spec, `group-${++this.#joined}`);
    this.#members.add(member);
    return Promise.resolve(member);
  }

  async transactor(id: string, timeoutMs: number): Promise<Transactor> {
    this.#checkOpen();
    const kind = this.#context.settings.guarantee === 'at-least-once' ? AtLeastOnceTransactor : KafkaTransactor;
    return await kind.open(this.#context, id, timeoutMs);
  }

  close(): Promise<void> {
    for (const member of this.#members) member.stop();
    this.#closed ??= this.#context.transport.close();
    return this.#closed;
  }

  #checkOpen(): void {
    if (this.#closed !== undefined) throw new StreamError('LOG_CLOSED', `the ${this.kind} log was closed`);
  }
}
