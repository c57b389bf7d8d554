/**
 * Notes what the disk is known to have: after each sync of a file its size when the sync began, after each synced write of
 * the store the size of the file that LevelDB appends to, and the number of the commit. Files go by inode.
 */
import { appendFileSync, fstatSync, readdirSync, statSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { counterKey } from '../../src/connectors/embedded/log-rows.ts';
import { LevelStore } from '../../src/state/leveldb/level-store.ts';

export interface SyncNote {
  readonly inode: number;
  readonly size: number;
  /** Number of the commit that is durable with it. */
  readonly commit?: number;
}

export async function noteSyncs(path: string): Promise<void> {
  const note = (line: SyncNote): void => {
    appendFileSync(path, `${JSON.stringify(line)}\n`);
  };
  const handle = await open(path, 'a');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  for (const name of ['sync', 'datasync'] as const) {
    const original = prototype[name];
    prototype[name] = async function (this: FileHandle): Promise<void> {
      const { ino, size } = fstatSync(this.fd);
      await original.call(this);
      note({ inode: ino, size });
    };
  }

  const { write } = LevelStore.prototype;
  LevelStore.prototype.write = async function (this: LevelStore, ...args: Parameters<LevelStore['write']>) {
    await write.apply(this, args);
    if (args[1]?.sync !== true) return;
    const files = readdirSync(this.folder).filter((file) => file.endsWith('.log'));
    const { ino, size } = statSync(join(this.folder, files.sort().at(-1)!));
    note({ inode: ino, size, commit: Number(this.get(counterKey)?.toString() ?? 0) });
  };
}
