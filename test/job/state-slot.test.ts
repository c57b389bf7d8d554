import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemRandom } from '../../src/core/clock.ts';
import { openStateSlot } from '../../src/job/state-slot.ts';
import { StateStore } from '../../src/state/leveldb/state-store.ts';
import { StreamError } from '../../src/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-slot-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const openAlone = (path: string): Promise<StateStore> => StateStore.open(path, { alone: true });

test('a process that starts again has its slot and its name again', async () => {
  const first = await openStateSlot(folder, systemRandom, openAlone);
  await first.store.close();
  const again = await openStateSlot(folder, systemRandom, openAlone);
  expect(again.instance).toBe(first.instance);
  expect(again.store.folder).toBe(first.store.folder);
  await again.store.close();
});

test('a slot that another process has is passed over', async () => {
  const locked = (path: string): never => {
    throw new StreamError('STATE_LOCKED', `${path} is locked`);
  };
  const open = (path: string) => (path.includes('/0/') ? locked(path) : openAlone(path));
  const second = await openStateSlot(folder, systemRandom, open);
  expect(second.store.folder).toBe(join(folder, '1', 'rows'));
  await second.store.close();
});

test('says who has the folder when all slots are taken', async () => {
  const open = () => Promise.reject(new StreamError('STATE_LOCKED', 'locked'));
  await expect(openStateSlot(folder, systemRandom, open)).rejects.toMatchObject({ code: 'STATE_LOCKED' });
});
