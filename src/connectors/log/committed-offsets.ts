import type { TopicPartition } from '../../core/log.ts';
import type { StoredOffset } from './log-storage.ts';
import { partitionName } from './partition-name.ts';

/** The next offsets that groups committed. */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, number>>();

  get(group: string, partition: TopicPartition): number | undefined {
    return this.#groups.get(group)?.get(partitionName(partition));
  }

  set(offsets: readonly StoredOffset[]): void {
    for (const stored of offsets) {
      let group = this.#groups.get(stored.group);
      if (group === undefined) {
        group = new Map<string, number>();
        this.#groups.set(stored.group, group);
      }
      group.set(partitionName(stored), stored.offset);
    }
  }
}
