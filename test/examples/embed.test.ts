import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, EMPTY, NEVER, of, Subject } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { watch } from '../../examples/embed.ts';
import type { Beat, Silence } from '../../examples/silent-devices.ts';
import type { JobPhase } from '../../src/index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-embed-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

test('a program feeds the job, sees its results and phases, and ends it', async () => {
  const heartbeats = new Subject<Beat>();
  const phases: JobPhase[] = [];
  const silences: Silence[] = [];
  await watch({
    folder,
    heartbeats: concat(of({ device: 'a', at: 0 }, { device: 'a', at: 60_000 }), heartbeats),
    onSilence: (silence) => {
      silences.push(silence);
      heartbeats.complete();
    },
    onStatus: ({ phase }) => phases.push(phase),
    signal: new AbortController().signal,
  });
  expect(silences).toEqual([{ device: 'a', since: 0 }]);
  expect(phases[0]).toBe('starting');
  expect(phases.at(-1)).toBe('stopped');
});

test('the folder keeps results for the next run', async () => {
  const silences: Silence[] = [];
  const signal = new AbortController().signal;
  const onStatus = (): void => undefined;
  const first = of({ device: 'a', at: 0 }, { device: 'a', at: 60_000 });
  await watch({ folder, heartbeats: first, onSilence: () => undefined, onStatus, signal });
  const done = new Subject<Beat>();
  await watch({
    folder,
    heartbeats: done,
    onSilence: (silence) => {
      silences.push(silence);
      done.complete();
    },
    onStatus,
    signal,
  });
  expect(silences).toEqual([{ device: 'a', since: 0 }]);
});

test('an abort ends it with ABORTED', async () => {
  const abort = new AbortController();
  const ended = watch({
    folder,
    heartbeats: concat(EMPTY, NEVER),
    onSilence: () => undefined,
    onStatus: ({ phase }) => {
      if (phase === 'running') abort.abort();
    },
    signal: abort.signal,
  });
  await expect(ended).rejects.toThrow(/ABORTED/);
});
