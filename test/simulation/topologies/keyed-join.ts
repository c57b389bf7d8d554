/** Two inputs meet by key; who finds no partner is told of by a timer, through a side output. */
import {
  defineTopology,
  json,
  monotonousTimestamps,
  topic,
  valueState,
  type KeyedContext,
} from '../../../src/index.ts';
import { randomInt } from '../../../src/testing/simulation/seeded-random.ts';
import { simulationEpoch } from '../../../src/testing/simulation/scheduler.ts';
import { simulatedJob } from './simulated-job.ts';

interface Side {
  readonly side: 'orders' | 'parcels';
  readonly id: number;
  /** First record of a partition: event time begins there. */
  readonly opens?: number;
}

interface Joined {
  readonly id: number;
  readonly complete: boolean;
}

const sideCodec = json<Side>('side');
const joinedCodec = json<Joined>('joined');

/** After the last input of any run has reached the log. */
const closingTime = simulationEpoch + 5_500;

const topology = defineTopology({
  name: 'keyed-join',
  build(t) {
    const time = { watermarks: monotonousTimestamps<Side>(), idleAfter: '500ms', whenIdle: 'advance' } as const;
    const orders = t
      .source('orders', topic('orders', sideCodec, { key: ({ id }) => id }), time)
      .filter(({ opens }) => opens === undefined)
      .keyBy(({ id }) => id);
    const parcels = t
      .source('parcels', topic('parcels', sideCodec), time)
      .filter(({ opens }) => opens === undefined)
      .keyBy(({ id }) => id);
    const state = { first: valueState(sideCodec) };
    const meet = (value: Side, ctx: KeyedContext<number, typeof state, Joined, { lonely: Joined }>): void => {
      if (ctx.state.first.get() === undefined) {
        ctx.state.first.set(value);
        ctx.timers.registerEventTime(closingTime);
      } else {
        ctx.emit({ id: value.id, complete: true });
        ctx.clearState();
        ctx.timers.deleteEventTime(closingTime);
      }
    };
    const joined = orders.connect(parcels).process('join', {
      state,
      output: joinedCodec,
      sideOutputs: { lonely: joinedCodec },
      onFirst: meet,
      onSecond: meet,
      onTimer(_time, ctx) {
        ctx.output('lonely', { id: ctx.state.first.get()!.id, complete: false });
        ctx.clearState();
      },
    });
    joined.sinkTo('joined', topic('joined', joinedCodec, { key: ({ id }) => id }));
    joined.sideOutput('lonely').sinkTo('lonely', topic('lonely', joinedCodec, { key: ({ id }) => id }));
  },
});

export const keyedJoin = simulatedJob<Side>(topology, {
  inputs(random, partitions) {
    const opening = Array.from({ length: partitions }, (_, opens): Side[] => [
      { side: 'orders', id: -1, opens },
      { side: 'parcels', id: -1, opens },
    ]);
    const meeting = Array.from({ length: randomInt(random, 5, 25) }, (_, id): Side[] => {
      const both: Side[] = [
        { side: 'orders', id },
        { side: 'parcels', id },
      ];
      const roll = random();
      return roll < 0.6 ? both : roll < 0.8 ? both.slice(0, 1) : both.slice(1);
    });
    return [...opening.flat(), ...meeting.flat()];
  },
  input(value) {
    const opens = value.opens !== undefined;
    return { source: value.side, value, partition: value.opens, early: opens, keep: opens };
  },
  expected(sides) {
    const seen = new Map<number, number>();
    for (const { id, opens } of sides) if (opens === undefined) seen.set(id, (seen.get(id) ?? 0) + 1);
    const ids = (times: number): number[] => [...seen].filter(([, n]) => n === times).map(([id]) => id);
    return {
      joined: ids(2).map((id) => ({ id, complete: true })),
      lonely: ids(1).map((id) => ({ id, complete: false })),
    };
  },
});
