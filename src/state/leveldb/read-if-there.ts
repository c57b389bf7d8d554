import { readFile } from 'node:fs/promises';

/** A file of LevelDB. Undefined: another thread has the folder open, and LevelDB needed the file no more. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
