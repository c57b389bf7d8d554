import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { damageInTable } from './damage-in-table.ts';
import { readIfThere } from './read-if-there.ts';

export interface DamagedTable {
  readonly name: string;
  /** The byte at which the damaged block begins. */
  readonly at: number;
}

/** The damaged tables of a LevelDB folder; `atMostBytes`: reads none of them when all together are larger. */
export async function damagedTables(folder: string, atMostBytes = Infinity): Promise<readonly DamagedTable[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ldb'));
  const sizes = await Promise.all(names.map((name) => sizeOf(join(folder, name))));
  if (sizes.reduce((sum, size) => sum + size, 0) > atMostBytes) return [];
  const damaged: DamagedTable[] = [];
  for (const name of names) {
    const table = await readIfThere(join(folder, name));
    const at = table === undefined ? undefined : damageInTable(table);
    if (at !== undefined) damaged.push({ name, at });
  }
  return damaged;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0; // as in readIfThere
    throw error;
  }
}
