/** Event time across an exchange: counts per key and span, closed by timers when the watermark of all partitions passes. */
import { boundedOutOfOrderness, defineTopology, json, mapState, number, topic } from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulatedJob } from './simulated-job.ts';

interface Tick {
  readonly key: string;
  readonly at: number;
  readonly partition: number;
  /** The end of the partition: lets all windows close. */
  readonly closing: boolean;
}

interface WindowCount {
  readonly key: string;
  readonly window: number;
  readonly count: number;
}

const tick = json<Tick>('tick');
const windowCount = json<WindowCount>('window-count');
const spanMs = 100;
const disorderMs = 30;
const start = Date.UTC(2020, 0, 1);

const topology = defineTopology({
  name: 'windows',
  build(t) {
    const counted = t
      .source('ticks', topic('ticks', tick), { watermarks: boundedOutOfOrderness(disorderMs, ({ at }: Tick) => at) })
      .filter(({ closing }) => !closing)
      .keyBy(({ key }) => key)
      .process('count', {
        state: { counts: mapState(number, number) },
        output: windowCount,
        sideOutputs: { late: tick },
        onElement(value, ctx) {
          const window = Math.floor(value.at / spanMs) * spanMs;
          if (window + spanMs - 1 <= ctx.watermark) {
            ctx.output('late', value);
            return;
          }
          ctx.state.counts.set(window, (ctx.state.counts.get(window) ?? 0) + 1);
          ctx.timers.registerEventTime(window + spanMs - 1);
        },
        onTimer(time, ctx) {
          const window = time - spanMs + 1;
          ctx.emit({ key: ctx.key, window, count: ctx.state.counts.get(window)! });
          ctx.state.counts.delete(window);
        },
      });
    counted.sinkTo('counts', topic('window-counts', windowCount, { key: ({ key }) => key }));
    counted.sideOutput('late').sinkTo('late', topic('late-ticks', tick));
  },
});

export const windows = simulatedJob<Tick>(topology, {
  inputs(random, partitions) {
    const ticks = Array.from({ length: randomInt(random, 20, 60) }, (_, i) => ({
      key: `key-${randomInt(random, 0, 4)}`,
      at: start + i * 20 + randomInt(random, 0, disorderMs),
      partition: randomInt(random, 0, partitions),
      closing: false,
    }));
    const ends = Array.from({ length: partitions }, (_, partition) => {
      return { key: '', at: start + 3_600_000, partition, closing: true };
    });
    return [...ticks, ...ends];
  },
  input: (value) => ({ source: 'ticks', value, at: value.at, partition: value.partition, keep: value.closing }),
  expected(ticks) {
    const counts = new Map<string, WindowCount>();
    for (const { key, at, closing } of [...ticks].sort((a, b) => a.at - b.at)) {
      if (closing) continue;
      const window = Math.floor(at / spanMs) * spanMs;
      const id = `${key} ${window}`;
      counts.set(id, { key, window, count: (counts.get(id)?.count ?? 0) + 1 });
    }
    return { counts: [...counts.values()], late: [] };
  },
});
