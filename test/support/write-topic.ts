import { BatchWriter } from '../../src/core/batch-writer.ts';
import type { Log } from '../../src/core/log.ts';
import { keyText, partitionOf } from '../../src/core/partitioner.ts';
import type { Topic } from '../../src/core/topic.ts';
import { produce } from '../../src/connectors/produce.ts';

/** Writes values to a topic in one commit, as an outside producer would; timestamps by `timeOf`. */
export async function writeTopic<T>(
  log: Log,
  topic: Topic<T>,
  values: readonly T[],
  timeOf: (value: T) => number = () => NaN,
): Promise<void> {
  const [description] = await log.topics.describe([topic.name]);
  const partitions = description!.partitions;
  const writers = Array.from({ length: partitions }, (_, p) => new BatchWriter(topic.name, p));
  values.forEach((value, i) => {
    const key = topic.options.key === undefined ? null : keyText(topic.options.key(value));
    const partition = key === null ? i % partitions : partitionOf(key, partitions);
    writers[partition]!.append(key, topic.codec, value, timeOf(value));
  });
  await produce(
    log,
    topic.name,
    writers.flatMap((writer) => writer.seal() ?? []),
  );
}
