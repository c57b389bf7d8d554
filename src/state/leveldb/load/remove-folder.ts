import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storeWriteError } from '../store-error.ts';

/** Removes a LevelDB folder. Without CURRENT it is nothing any more, however much of it a process that dies leaves. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(join(folder, 'CURRENT'), { force: true });
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw storeWriteError(error, folder);
  }
}
