import type { TopicAdmin, TopicPartition } from '../../core/log.ts';
import type { LineInput } from './line-input.ts';

/**
 * Topics of a log some of which are files. Each of those is also a topic without records of the log underneath, which is
 * where its description and its committed offsets are.
 */
export function filesAdmin(
  admin: TopicAdmin,
  inputs: ReadonlyMap<string, LineInput>,
  bound: ReadonlySet<string>,
): TopicAdmin {
  const inputOf = ({ topic, partition }: TopicPartition): LineInput | undefined =>
    partition === 0 ? inputs.get(topic) : undefined;
  return {
    list: () => admin.list(),
    describe: (names) => admin.describe(names),
    create: (specs) => admin.create(specs.filter(({ name }) => !bound.has(name))),
    deleteRecords: (before) => admin.deleteRecords(before.filter(({ topic }) => !bound.has(topic))),
    async bounds(partitions) {
      const underneath = await admin.bounds(partitions);
      return underneath.map((bounds, i) => {
        const input = inputOf(partitions[i]!);
        if (input === undefined) return bounds;
        const { start, end } = input.bounds();
        return { ...bounds, start, end, stable: end };
      });
    },
    async offsetsAt(partitions, timestamp) {
      const underneath = await admin.offsetsAt(partitions, timestamp);
      // Lines have no timestamps, so none can be left out.
      return underneath.map((found, i) => {
        const input = inputOf(partitions[i]!);
        return input === undefined ? found : { ...found, offset: input.bounds().start };
      });
    },
    committed: (group, partitions) => admin.committed(group, partitions),
  };
}
