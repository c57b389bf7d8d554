import { describe, it } from 'vitest';
import { readCase } from './case-files.ts';
import { runSteps, type KafkaStreamsCase } from './kafka-streams/run-steps.ts';
import { kafkaStreams } from './kafka-streams/topologies.ts';
import { layouts } from './layouts.ts';

describe.each(Object.entries(kafkaStreams))('%s', (id, topology) => {
  it.each(layouts)('$partitions partitions, $workers workers, exchange $exchange, crash $crash', async (layout) => {
    await runSteps(topology, readCase<KafkaStreamsCase>(id), layout);
  });
});
