import type { Clock, Random } from '../../core/clock.ts';
import type { KafkaSettings } from './kafka-options.ts';
import type { Persistence } from './persist.ts';
import type { TopicCompression } from './topic-compression.ts';
import type { KafkaTransport } from './transport/kafka-transport.ts';

/** What the parts of a Kafka log share. */
export interface KafkaContext {
  readonly transport: KafkaTransport;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly compression: TopicCompression;
}

/** How long a request is repeated unless it says otherwise. */
export function persistence({ clock, random, settings }: KafkaContext): Persistence {
  return { clock, random, budgetMs: settings.retryTimeoutMs };
}
