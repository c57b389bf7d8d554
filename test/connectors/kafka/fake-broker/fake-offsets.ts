import type { PartitionOffset, TopicPartition } from '../../../../src/core/log.ts';

/** Committed offsets of groups, and those of open transactions. */
export class FakeOffsets {
  readonly #committed = new Map<string, number>();
  readonly #proposed = new Map<number, Map<string, number>>();

  propose(producerId: number, group: string, offsets: readonly PartitionOffset[]): void {
    const proposed = this.#proposed.get(producerId) ?? new Map<string, number>();
    for (const place of offsets) proposed.set(keyOf(group, place), place.offset);
    this.#proposed.set(producerId, proposed);
  }

  commit(group: string, offsets: readonly PartitionOffset[]): void {
    for (const place of offsets) this.#committed.set(keyOf(group, place), place.offset);
  }

  decide(producerId: number, type: 'abort' | 'commit'): void {
    const proposed = this.#proposed.get(producerId) ?? [];
    this.#proposed.delete(producerId);
    if (type === 'commit') for (const [key, offset] of proposed) this.#committed.set(key, offset);
  }

  deleteGroup(group: string): void {
    for (const key of this.#committed.keys()) if (key.startsWith(`${group}/`)) this.#committed.delete(key);
  }

  get(group: string, place: TopicPartition): number | undefined {
    return this.#committed.get(keyOf(group, place));
  }

  /** An open transaction may still change it. */
  unstable(group: string, place: TopicPartition): boolean {
    return [...this.#proposed.values()].some((proposed) => proposed.has(keyOf(group, place)));
  }
}

function keyOf(group: string, { topic, partition }: TopicPartition): string {
  return `${group}/${topic}/${partition}`;
}
