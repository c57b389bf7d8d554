/**
 * Kills the job at random moments, as often as asked, and lets it finish. Then a reader of committed records checks that
 * nothing was lost, nothing doubled, and the order per key kept.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, type Timer } from '../../src/core/clock.ts';
import { embedded } from '../../src/job/log-factories.ts';
import { readTopic } from '../support/read-topic.ts';
import { writeTopic } from '../support/write-topic.ts';
import { expectedWindows, makeEvents, mulberry } from './input.ts';
import { counts, events, windows } from './topology.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly records: number;
  readonly seed: number;
  readonly workers: number;
  readonly log: (line: string) => void;
}

export interface ChaosResult {
  readonly kills: number;
  readonly records: number;
  readonly lost: number;
  readonly doubled: number;
  /** Records out of order within their key. */
  readonly disordered: number;
}

/** What else happens around the kills (see power.ts). */
export interface ChaosHooks {
  readonly durability?: 'process' | 'power';
  /** Kill also before the job runs. Default true. */
  readonly killsStarts?: boolean;
  /** Where a life notes what reached the disk. */
  readonly notes?: (folder: string) => string;
  /** The input is written, by a process that ended well. */
  readonly prepared?: (folder: string) => void;
  readonly afterKill?: (folder: string) => Promise<void>;
}

export async function chaosEmbedded(options: ChaosOptions, hooks: ChaosHooks = {}): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-chaos-'));
  try {
    const input = makeEvents(options.records, options.seed);
    await prepare(folder, input, hooks);
    hooks.prepared?.(folder);
    const kills = await killAndFinish(folder, options, hooks);
    return { kills, records: options.records, ...(await verify(folder, input)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare(folder: string, input: ReturnType<typeof makeEvents>, hooks: ChaosHooks): Promise<void> {
  const { log, close } = await embedded(folder, hooks).open({ clock: systemClock, job: 'chaos' });
  await log.topics.create([{ name: events.name, partitions: 4 }]);
  for (let i = 0; i < input.length; i += 50_000) await writeTopic(log, events, input.slice(i, i + 50_000));
  await close();
}

async function killAndFinish(folder: string, options: ChaosOptions, hooks: ChaosHooks): Promise<number> {
  const random = mulberry(options.seed ^ 0x5eed);
  // The input is spread over the kills: each life gets through a part of it.
  const pauseMs = Math.max(1, Math.round((options.kills * 500) / (options.records / 500)));
  const { durability = 'process', killsStarts = true, notes, afterKill } = hooks;
  const more = notes === undefined ? [durability] : [durability, notes(folder)];
  let kills = 0;
  for (;;) {
    const last = kills >= options.kills;
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        fileURLToPath(new URL('./child.ts', import.meta.url)),
        folder,
        String(options.workers),
        ...more,
      ],
      {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        env: { ...process.env, CHAOS_PAUSE_MS: last ? '0' : String(pauseMs) },
      },
    );
    let timer: Timer | undefined;
    const killIn = (lifeMs: number): void => {
      if (!last) timer = systemClock.schedule(lifeMs, () => child.kill('SIGKILL'));
    };
    if (killsStarts) killIn(300 + random() * 1_700);
    else child.once('message', () => killIn(random() * 1_000));
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
      child.on('exit', (...end) => {
        resolve(end);
      });
    });
    timer?.cancel();
    if (signal === 'SIGKILL') {
      kills++;
      await afterKill?.(folder);
      if (kills % 10 === 0) options.log(`${String(kills)} kills`);
    } else if (code === 0) {
      if (!last) options.log(`the job was done after ${String(kills)} kills`);
      return kills;
    } else {
      throw new Error(`the job ended with code ${String(code)} after ${String(kills)} kills`);
    }
  }
}

async function verify(
  folder: string,
  input: ReturnType<typeof makeEvents>,
): Promise<Pick<ChaosResult, 'lost' | 'doubled' | 'disordered'>> {
  const { log, close } = await embedded(folder).open({ clock: systemClock, job: 'chaos' });
  try {
    const expected = new Map(input.map(({ key, n }) => [`${key}#${String(n)}`, 1]));
    let disordered = 0;
    const seen = new Map<string, number>();
    const last = new Map<string, number>();
    for (const { key, n, count } of (await readTopic(log, counts.name, counts.codec)).flat()) {
      const id = `${key}#${String(n)}`;
      seen.set(id, (seen.get(id) ?? 0) + 1);
      if (n !== (last.get(key) ?? 0) + 1 || count !== n) disordered++;
      last.set(key, n);
    }
    for (const [id, count] of expectedWindows(input)) expected.set(id, count);
    for (const { group, end, count } of (await readTopic(log, windows.name, windows.codec)).flat()) {
      const id = `${String(group)}@${String(end)}`;
      seen.set(id, (seen.get(id) ?? 0) + count);
    }
    let lost = 0;
    let doubled = 0;
    for (const [id, count] of expected) {
      const got = seen.get(id) ?? 0;
      lost += Math.max(0, count - got);
      doubled += Math.max(0, got - count);
      seen.delete(id);
    }
    for (const count of seen.values()) doubled += count; // what was never to be there
    return { lost, doubled, disordered };
  } finally {
    await close();
  }
}
