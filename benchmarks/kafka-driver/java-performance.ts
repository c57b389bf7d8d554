import { join } from 'node:path';
import { brokerJava, kafkaLibraries } from '../../scripts/kafka/artifacts.ts';

/** Command lines of Kafka's own performance tools, that write in transactions and read what was committed. */
export interface JavaPerformance {
  readonly consumer: (topic: string, records: number) => readonly string[];
  readonly producer: (topic: string, records: number, bytes: string) => readonly string[];
}

export async function javaPerformance(bootstrap: string): Promise<JavaPerformance> {
  const libraries = join(await kafkaLibraries(), '*');
  const command = (tool: string, topic: string, records: number): readonly string[] => [
    ...[brokerJava().command, '-Xmx512m', '-cp', libraries, `org.apache.kafka.tools.${tool}`],
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--num-records', String(records)],
  ];
  return {
    consumer: (topic, records) => [
      ...command('ConsumerPerformance', topic, records),
      ...['--command-property', 'isolation.level=read_committed'],
    ],
    producer: (topic, records, bytes) => [
      ...command('ProducerPerformance', topic, records),
      ...['--record-size', bytes, '--throughput', '-1'],
      ...['--transactional-id', `java-${records}`, '--transaction-duration-ms', '500'],
      ...['--command-property', 'acks=all', 'batch.size=300000', 'linger.ms=5'],
    ],
  };
}
