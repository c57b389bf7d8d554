/**
 * Power cuts: the job is killed, then its machine "loses power": of every file to which the log or the store appends some
 * of the bytes that no sync has covered are lost, or come back as zeros or noise. What was committed must still be there,
 * and the job must go on from it.
 *
 *   killed ---> cut: bytes beyond the last noted sync ---> opened: at least the last noted commit? ---> next life
 */
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { counterKey } from '../../src/connectors/embedded/log-rows.ts';
import { openLevelStore } from '../../src/state/leveldb/level-store.ts';
import { chaosEmbedded, type ChaosOptions, type ChaosResult } from './embedded.ts';
import { mulberry } from './input.ts';
import type { SyncNote } from './note-syncs.ts';

export interface PowerResult extends ChaosResult {
  /** Files that lost something. */
  readonly cuts: number;
  /** Commits that were durable by the notes and are gone: must be 0. */
  readonly lostCommits: number;
}

export async function chaosPower(options: ChaosOptions): Promise<PowerResult> {
  const random = mulberry(options.seed ^ 0xcafe);
  let cuts = 0;
  let lostCommits = 0;
  let notesAt = '';
  const result = await chaosEmbedded(options, {
    durability: 'power',
    killsStarts: false,
    notes: (folder) => (notesAt = join(folder, 'syncs.jsonl')),
    prepared(folder) {
      for (const path of growing(folder)) {
        const { ino: inode, size } = statSync(path);
        appendFileSync(join(folder, 'syncs.jsonl'), `${JSON.stringify({ inode, size } satisfies SyncNote)}\n`);
      }
    },
    async afterKill(folder) {
      const { sizes, commit } = readNotes(notesAt);
      for (const path of growing(folder)) if (cutFile(path, sizes, random)) cuts++;
      if (commit > 0) lostCommits += Math.max(0, commit - (await commitsOf(folder)));
    },
  });
  return { ...result, cuts, lostCommits };
}

function readNotes(path: string): { readonly sizes: ReadonlyMap<number, number>; readonly commit: number } {
  const sizes = new Map<number, number>();
  let commit = 0;
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const line of text.split('\n').slice(0, -1)) {
    const note = JSON.parse(line) as SyncNote;
    sizes.set(note.inode, Math.max(note.size, sizes.get(note.inode) ?? 0));
    commit = Math.max(commit, note.commit ?? 0);
  }
  return { sizes, commit };
}

/** Segments, and the newest file of LevelDB's own log: older ones, tables and manifests were synced before they were used. */
function growing(folder: string): string[] {
  const log = join(folder, 'log');
  const segments = readdirSync(log, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(join(log, name)).map((file) => join(log, name, file)));
  const store = join(folder, 'store');
  const last = readdirSync(store)
    .filter((file) => file.endsWith('.log'))
    .sort()
    .at(-1);
  return last === undefined ? segments : [...segments, join(store, last)];
}

function cutFile(path: string, sizes: ReadonlyMap<number, number>, random: () => number): boolean {
  const { ino, size } = statSync(path);
  const durable = Math.min(size, sizes.get(ino) ?? 0);
  if (durable === size) return false;
  if (durable === 0 && random() < 0.3 && path.endsWith('.segment')) {
    rmSync(path); // a file whose folder was not synced
    return true;
  }
  const kept = durable + Math.floor(random() * (size - durable));
  const file = openSync(path, 'r+');
  ftruncateSync(file, kept);
  const kind = Math.floor(random() * 3);
  if (kind > 0) {
    // The file had grown, its blocks had not been written.
    const lost = Buffer.alloc(size - kept, 0);
    if (kind === 2) for (let i = 0; i < lost.length; i++) lost[i] = Math.floor(random() * 256);
    writeSync(file, lost, 0, lost.length, kept);
  }
  closeSync(file);
  return true;
}

async function commitsOf(folder: string): Promise<number> {
  const store = await openLevelStore(join(folder, 'store'));
  try {
    return Number(store.get(counterKey)?.toString() ?? 0);
  } finally {
    await store.close();
  }
}
