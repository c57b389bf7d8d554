/**
 * A state folder of its own for each process, where several of a job may run on one machine: the first slot that nobody
 * has locked. Its name is kept in it, so a restart is the same instance to the group and fences its predecessor.
 *
 *   <folder>/0/rows       LevelDB, locked by the process that has the slot; rows.loaded/: see StateStore
 *   <folder>/0/instance   name of the instance: random, made with the slot
 *   <folder>/1/...
 */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Random } from '../core/clock.ts';
import { StreamError } from '../core/stream-error.ts';
import type { StateStore } from '../state/leveldb/state-store.ts';

export interface StateSlot {
  readonly store: StateStore;
  readonly instance: string;
}

const mostSlots = 64;

/** Fails with STATE_LOCKED when all slots are taken, and what opening a store can meet. */
export async function openStateSlot(
  folder: string,
  random: Random,
  open: (folder: string) => Promise<StateStore>,
): Promise<StateSlot> {
  for (let slot = 0; ; slot++) {
    const own = join(folder, String(slot));
    try {
      const store = await open(join(own, 'rows'));
      return { store, instance: await instanceOf(own, random) };
    } catch (error) {
      if (!StreamError.is(error) || error.code !== 'STATE_LOCKED' || slot + 1 >= mostSlots) throw error;
    }
  }
}

// Called by the holder of the slot only.
async function instanceOf(folder: string, random: Random): Promise<string> {
  const path = join(folder, 'instance');
  const known = await readFile(path, 'utf8').catch(() => '');
  if (known !== '') return known.trim();
  const instance = Math.floor(random() * 36 ** 8)
    .toString(36)
    .padStart(8, '0');
  await mkdir(folder, { recursive: true });
  await writeFile(`${path}.new`, `${instance}\n`);
  await rename(`${path}.new`, path);
  return instance;
}
