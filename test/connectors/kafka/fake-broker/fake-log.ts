import { KafkaLog } from '../../../../src/connectors/kafka/kafka-log.ts';
import { kafkaSettings, type KafkaOptions } from '../../../../src/connectors/kafka/kafka-options.ts';
import type { Clock } from '../../../../src/core/clock.ts';
import type { FakeCluster } from './fake-cluster.ts';
import { FakeTransport } from './fake-transport.ts';

/** A Kafka log on a fake cluster. */
export function fakeKafkaLog(cluster: FakeCluster, clock: Clock, options: Partial<KafkaOptions> = {}): KafkaLog {
  const settings = kafkaSettings({ brokers: 'fake:9000', ...options });
  return new KafkaLog({ transport: new FakeTransport(cluster), settings, clock, random: () => 0.5 });
}
