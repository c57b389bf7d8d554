/**
 * `npm run acceptance -- state [--keys 10000000] [--cache-mib 64]`: state on disk that is larger than the cache. First
 * every key once, then a hot set; prints memory, speed and the pause of commits for small and large state.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  defineTopology,
  embedded,
  json,
  leveldb,
  number,
  run,
  topic,
  valueState,
  type GeneratedPartition,
} from '../../src/index.ts';

interface Update {
  readonly key: number;
}

const updates = topic('updates', json<Update>('update'), { key: (update) => update.key });

const counting = defineTopology({
  name: 'state-acceptance',
  build(t) {
    t.source('updates', updates)
      .keyBy((update) => update.key)
      .process('count', {
        output: json<Update>('update'),
        state: { count: valueState(number) },
        onElement(_update, ctx) {
          ctx.state.count.set((ctx.state.count.get() ?? 0) + 1);
        },
      });
  },
});

/** `count` updates whose keys `keyOf` gives; ends there. */
function updatesOf(count: number, keyOf: (offset: number) => number): GeneratedPartition<Update> {
  return {
    bounds: () => ({ start: 0, end: count }),
    next(position) {
      const records = [];
      for (let offset = position; offset < Math.min(count, position + 2_000); offset++) {
        const key = keyOf(offset);
        records.push({ offset, key: String(key), value: { key }, timestamp: 0 });
      }
      return { records, waitMs: records.length === 0 ? 1_000 : 0 };
    },
  };
}

interface Phase {
  readonly name: string;
  readonly count: number;
  readonly keyOf: (offset: number) => number;
}

async function measure(phase: Phase, folder: string, cacheBytes: number): Promise<void> {
  const pauses: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let peak = 0;
  const job = await run(counting, {
    log: embedded(folder),
    state: leveldb(),
    generated: { updates: [updatesOf(phase.count, phase.keyOf)] },
    bounded: true,
    memory: { stateBytes: cacheBytes },
    onCommit: (_durationMs, pauseMs) => {
      pauses.push(pauseMs);
      peak = Math.max(peak, process.memoryUsage.rss());
    },
  });
  await job.finished;
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  pauses.sort((a, b) => a - b);
  const line = {
    phase: phase.name,
    updates: phase.count,
    seconds: round(seconds),
    perSecond: Math.round(phase.count / seconds),
    cpuSeconds: round((used.user + used.system) / 1e6),
    peakRssMiB: Math.round(peak / 2 ** 20),
    commits: pauses.length,
    pauseP50Ms: round(pauses[Math.floor(pauses.length / 2)] ?? 0),
    pauseP99Ms: round(pauses[Math.floor(pauses.length * 0.99)] ?? 0),
  };
  console.log(JSON.stringify(line));
}

const round = (value: number): number => Math.round(value * 100) / 100;

export async function stateAcceptance(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { keys: { type: 'string', default: '10000000' }, 'cache-mib': { type: 'string', default: '64' } },
  });
  const keys = Number(values.keys);
  const cacheBytes = Number(values['cache-mib']) * 2 ** 20;
  const hot = 10_000;
  for (const size of [10_000, 1_000_000, keys]) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-state-'));
    try {
      await measure(
        { name: `insert ${String(size)} keys`, count: size, keyOf: (offset) => offset },
        folder,
        cacheBytes,
      );
      // The position goes on where the first phase stopped.
      const keyOf = (offset: number): number => ((offset * 7919) % hot) % size;
      const phase = { name: `hot set of ${String(hot)} in ${String(size)}`, count: size + 2_000_000, keyOf };
      await measure(phase, folder, cacheBytes);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}
