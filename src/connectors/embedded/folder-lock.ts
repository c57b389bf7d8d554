import { readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StreamError } from '../../core/stream-error.ts';
import { ioError } from './io-error.ts';

/**
 * One process per folder. The file LOCK names the holder: its id and when it started, because ids are used again (in
 * containers nearly every process is number 1). A lock of a process that is gone is taken over; two processes that do so
 * at once are still kept apart by the lock of the store, which is opened before.
 */
export class FolderLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Fails with LOG_LOCKED naming the holder. */
  static async take(folder: string): Promise<FolderLock> {
    const path = join(folder, 'LOCK');
    try {
      const holder = await readHolder(path);
      if (holder !== undefined) {
        if (startOf(holder.pid) === holder.start) {
          throw new StreamError('LOG_LOCKED', `process ${holder.pid} has the log in ${folder} open`, {
            remedy: 'Stop that process, or give this one a folder of its own.',
          });
        }
        await rm(path, { force: true });
      }
      await writeFile(path, JSON.stringify({ pid: process.pid, start: startOf(process.pid) }), { flag: 'wx' });
      return new FolderLock(path);
    } catch (error) {
      throw ioError(error, path);
    }
  }

  async release(): Promise<void> {
    await rm(this.#path, { force: true });
  }
}

async function readHolder(path: string): Promise<{ pid: number; start: string } | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as { pid: number; start: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) return { pid: 0, start: '' }; // its holder died while writing it
    throw error;
  }
}

/** When a process started, as text that differs between processes of one id; 'unknown' where that cannot be told; '' : it is gone. */
function startOf(pid: number): string {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return 'gone';
  }
  try {
    // Field 22 of /proc/<pid>/stat; the name before it may hold spaces, but ends with the last parenthesis.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`;
  } catch {
    return 'unknown'; // not Linux: the id alone decides
  }
}
