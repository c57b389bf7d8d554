/**
 * A law of restores: how far a task's rows in a store are in their changelog only goes up, until they are wiped. A copy that
 * is written on after its task was opened, or two writers of one task, break it sooner than they break an output.
 */
import type { DiskChange, SimDisk } from './sim-disk.ts';

interface Position {
  readonly topicId: string;
  readonly offset: number;
}

/** What is wrong with these changes; undefined: nothing. */
export function brokenPosition(disk: SimDisk, changes: readonly DiskChange[]): string | undefined {
  for (const [key, value] of changes) {
    const stored = key.startsWith('~position/') ? disk.get(key) : undefined;
    if (stored === undefined || value === undefined) continue;
    const before = JSON.parse(stored.toString()) as Position;
    const after = JSON.parse(value.toString()) as Position;
    if (after.topicId === before.topicId && after.offset < before.offset) {
      return `${key.slice(1)} went back from ${String(before.offset)} to ${String(after.offset)}`;
    }
  }
  return undefined;
}
